/** What the observe entry gives. */
import type { AddressInfo, RemoteInfo } from "../core/backend.ts";
import type { Socket } from "../core/types.ts";

/** How many batches there were of a size. */
export interface BatchCount {
  /** Batches of so many datagrams at most, and of more than the entry before says: 1, 2, 4, 8 and so on. */
  readonly upTo: number;
  /** How many. */
  readonly count: number;
}

/** What came in. */
export interface ReceivedStats {
  /** Datagrams that the runtime gave to the socket, whatever became of them. */
  readonly datagrams: number;
  /** Their bytes, without headers. */
  readonly bytes: number;
  /** Those that its listeners were given, and that no inbox dropped: what is left without `dropped` and `waiting.held`. */
  readonly delivered: number;
  /** System calls that received; there where this module makes all of them. */
  readonly calls: number | undefined;
  /** How many datagrams such a call brought; there where `calls` is, without sizes that did not come. */
  readonly batches: readonly BatchCount[] | undefined;
  /** Messages that the kernel had joined of several datagrams (UDP_GRO). */
  readonly joins: number;
  /** Datagrams that came and were not given to the program, by reason. */
  readonly dropped: {
    /** Of the receive block list. */
    readonly blocked: number;
    /** Refused by a guard. */
    readonly guard: number;
    /** Found the inbox of a socket of the promises entry full, or the stream of one of the web entry. */
    readonly inbox: number;
    /** Of somebody else than the peer that the socket is connected to. */
    readonly notPeer: number;
    /** The socket was closed by then, or while they were held; or its inbox, when it was aborted. */
    readonly closed: number;
  };
  /** Datagrams that the runtime had read and there was no room for: of Bun, as much as a receive buffer would not have held. */
  readonly lost: number;
  /** Receives that failed, by code: ICMP errors for the most part. */
  readonly errors: Readonly<Record<string, number>>;
}

/** What went out. */
export interface SentStats {
  /** Datagrams that the kernel took. */
  readonly datagrams: number;
  /** Their bytes, without headers. */
  readonly bytes: number;
  /** System calls that sent; there where this module makes all of them. */
  readonly calls: number | undefined;
  /** How many datagrams, or rows with a `segmentSize`, were taken when they were handed over together. */
  readonly batches: readonly BatchCount[];
  /** Messages of several datagrams that the kernel cut (UDP_SEGMENT). */
  readonly rows: number;
  /** Datagrams that the kernel was not given, by reason. */
  readonly dropped: {
    /** To an address of the send block list. */
    readonly blocked: number;
    /** Kept back by a guard. */
    readonly guard: number;
    /** More would have waited than `maxSendQueueCount` and `maxSendQueueSize` allow. */
    readonly queue: number;
    /** The bind that they waited for failed. */
    readonly unbound: number;
    /** The socket was closed before they could leave. */
    readonly closed: number;
  };
  /** Those that failed otherwise, by code: of the kernel's, of a look-up, of a permission. */
  readonly failed: Readonly<Record<string, number>>;
}

/** A buffer of the kernel's: bytes as it counts them, which is more than what was sent. */
export interface BufferUse {
  /** What is in it. */
  readonly used: number;
  /** What may be. */
  readonly size: number;
}

/** What the kernel tells of the socket. */
export interface KernelStats {
  /**
   * Datagrams that found the receive buffer full, or were damaged, since the kernel's socket is open. Where `joins` of what
   * was received is above 0, one of them may be a row of up to 64: the kernel counts what it had joined as one.
   */
  readonly dropped: number | undefined;
  /** The receive buffer. */
  readonly receiveBuffer: BufferUse | undefined;
  /** The send buffer. */
  readonly sendBuffer: BufferUse | undefined;
}

/** What a socket has done up to now. Numbers that can't be had are undefined, and `missing` says why. */
export interface SocketStats {
  /** What came in. */
  readonly received: ReceivedStats;
  /** What went out. */
  readonly sent: SentStats;
  /** What waits now: datagrams that came while it is paused, and what the kernel has no room for, in datagrams and bytes. */
  readonly waiting: { readonly held: number; readonly count: number; readonly size: number };
  /** ICMP errors that it was told of: as 'icmp', and those of `received.errors` and `sent.failed` that nothing else brings about. */
  readonly icmpErrors: number;
  /** What the kernel tells. */
  readonly kernel: KernelStats;
  /** Why a number is not there, by its name, such as `kernel.dropped`. */
  readonly missing: Readonly<Record<string, string>>;
}

/** One socket that is observed. */
export interface Observation {
  /** The socket. */
  readonly socket: Socket;
  /**
   * What it has done up to now: an object that stays as it is. Works after `close()` too.
   *
   * @returns the numbers
   */
  read(): SocketStats;
}

/** All sockets that are created from a moment on. */
export interface Observations {
  /**
   * Those of them that are bound and not closed.
   *
   * @returns an observation for each
   */
  open(): Observation[];
  /**
   * The sum over all of them, those that are closed by now too. A number that one of them lacks is not there.
   *
   * @returns the numbers
   */
  read(): SocketStats;
  /** Observes no more sockets; those that are, are observed on. */
  stop(): void;
}

/** What the channels of `node:diagnostics_channel` are told of observed sockets, by the channel's name. */
export interface ChannelMessages {
  /** A socket is observed from now on. */
  "x-dgram:socket:open": { readonly socket: Socket };
  /** It is bound. */
  "x-dgram:socket:bind": { readonly socket: Socket; readonly address: AddressInfo };
  /** A datagram, or a row of datagrams of `segmentSize`, was taken by the kernel, or failed: the error its callback would get. */
  "x-dgram:socket:send": {
    readonly socket: Socket;
    /** Bytes. */
    readonly size: number;
    /** Where it goes; null to the peer. */
    readonly address: string | null;
    /** Its port. */
    readonly port: number;
    /** Null if it was taken. */
    readonly error: Error | null;
  };
  /** The listeners were given a datagram. */
  "x-dgram:socket:message": { readonly socket: Socket; readonly size: number; readonly from: RemoteInfo };
  /** The socket is about to emit 'error'. */
  "x-dgram:socket:error": { readonly socket: Socket; readonly error: Error };
  /** A datagram, or a row, was dropped, for a reason of `ReceivedStats.dropped` or `SentStats.dropped`. */
  "x-dgram:socket:drop": {
    readonly socket: Socket;
    /** Which way it went. */
    readonly direction: "in" | "out";
    /** Why. */
    readonly reason: string;
    /** Bytes. */
    readonly size: number;
  };
  /** It is closed: the numbers are final. */
  "x-dgram:socket:close": { readonly socket: Socket; readonly stats: SocketStats };
}

/** What {@linkcode capture} takes. */
export interface CaptureOptions {
  /** How many bytes may wait to be read, above 0; 16 MiB if left out. What comes beyond it is not captured, and counted. */
  limit?: number | undefined;
}

/** The bytes of a capture file, while they come: for one reader. */
export interface Capture extends AsyncIterable<ReturnType<typeof Uint8Array.of>> {
  /** Packets that are captured. */
  readonly packets: number;
  /** Packets that are not, since too much waited to be read; the file says so, too. */
  readonly dropped: number;
  /**
   * Captures another socket into the same file, as an interface of its own. The file ends when all of them are closed.
   *
   * @param socket as of {@linkcode capture}
   * @returns false if the file has ended already
   * @throws as {@linkcode capture}
   */
  add(socket: Socket | { readonly raw: Socket }): boolean;
  /** Ends it: what was captured can still be read. */
  stop(): void;
}
