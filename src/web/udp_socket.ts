import { notRunning } from "../core/errors.ts";
import type { Socket } from "../core/types.ts";
import { invalidStateError, networkError } from "./dom_exceptions.ts";
import { Groups } from "./multicast_controller.ts";
import { openSocket } from "./open.ts";
import { ReadableHalf } from "./readable_half.ts";
import { isAnyIPv6, readSettings, type Settings } from "./settings.ts";
import type { SocketDnsQueryType, UDPSocketOpenInfo, UDPSocketOptions } from "./types.ts";
import { WritableHalf } from "./writable_half.ts";

/**
 * A UDP socket of the Direct Sockets specification, whose datagrams go through streams.
 *
 * With `remoteAddress` and `remotePort` it is *connected*: it talks to that peer alone, and its messages have `data`
 * only. With `localAddress` it is *bound*: it talks to anybody, and its messages say to whom or from whom. It opens at
 * once, and keeps the process alive until it is closed.
 *
 * Received datagrams wait in the readable stream, at most `inboxLimit` of them, and then in the kernel, whose full
 * buffer loses what comes; with `whenFull: "drop"` what finds the stream full is lost and counted by `dropped`. A write
 * ends when the kernel has taken its datagram, so that a full kernel holds the writer back.
 *
 * The socket closes when both of its streams are closed or errored. What the system refuses is a DOMException named
 * `NetworkError`, whose `cause` is the error of the main entry, with its code.
 *
 * Works on Node 18 to 26, Deno and Bun. Where an option names a feature, `capabilities.features` of the main entry
 * tells whether this runtime has it; if not, `opened` rejects.
 *
 * Source: WICG Direct Sockets, draft of October 2024, with its later multicast.
 *
 * @example An echo server and a client
 * ```ts
 * import { UDPSocket } from "@x/dgram/web";
 *
 * const server = new UDPSocket({ localAddress: "127.0.0.1" });
 * const { readable, writable, localPort } = await server.opened;
 * const stop = new AbortController();
 * readable.pipeTo(writable, { signal: stop.signal }).catch(() => {});
 *
 * const client = new UDPSocket({ remoteAddress: "127.0.0.1", remotePort: localPort });
 * const streams = await client.opened;
 * const writer = streams.writable.getWriter();
 * await writer.write({ data: new TextEncoder().encode("hello") });
 * const reader = streams.readable.getReader();
 * const { value } = await reader.read();
 * console.log(new TextDecoder().decode(value?.data)); // prints hello
 *
 * writer.releaseLock();
 * reader.releaseLock();
 * await client.close();
 * stop.abort();
 * await server.closed;
 * ```
 */
export class UDPSocket {
  readonly #opened: Promise<UDPSocketOpenInfo>;
  readonly #closed: Promise<void>;
  readonly #readable: ReadableHalf;
  readonly #writable: WritableHalf;
  #state: "opening" | "open" | "closed" = "opening";
  #socket!: Socket;
  #endedHalves = 0;
  /** Of the first half that errored. */
  #failure: { readonly error: unknown } | null = null;
  #resolveClosed!: () => void;
  #rejectClosed!: (error: unknown) => void;

  /**
   * Begins to open a socket.
   *
   * @param options Those of a connected or of a bound socket.
   * @throws {TypeError} For no mode or both; one of the remote pair alone; a localPort without a localAddress, or of 0; a
   * localAddress that is no numeric address; a dnsQueryType in bound mode; ipv6Only in connected mode, or with another
   * localAddress than `::`; an integer out of its range, and a size of 0.
   */
  constructor(options: UDPSocketOptions) {
    const settings = readSettings(options);
    const ended = (error?: unknown): void => this.#halfEnded(error);
    this.#readable = new ReadableHalf(settings, ended);
    this.#writable = new WritableHalf(settings, ended);
    this.#closed = new Promise((resolve, reject) => {
      this.#resolveClosed = resolve;
      this.#rejectClosed = reject;
    });
    this.#opened = this.#open(settings);
    // Both reject together: who looks at one of them has been told.
    this.#closed.catch(() => {});
    this.#opened.catch(() => {});
  }

  /**
   * The streams and addresses, when the socket is open.
   *
   * Rejects, together with `closed`, with a `NetworkError`. Of its `cause` the code says why: EADDRINUSE,
   * EADDRNOTAVAIL and others of the system; ENOTFOUND of a name; ERR_SOCKET_BAD_PORT for a remotePort of 0;
   * ERR_ACCESS_DENIED without the runtime's permission; ERR_FEATURE_UNAVAILABLE_ON_PLATFORM for an option that this
   * runtime can't set; ERR_SOCKET_BUFFER_SIZE for a size that the system refuses.
   */
  get opened(): Promise<UDPSocketOpenInfo> {
    return this.#opened;
  }

  /**
   * Resolves when the socket is closed and its port is free; rejects instead with the error of a stream that errored,
   * the first of two, or with that of `opened`. A rejection that nobody handles does no harm.
   */
  get closed(): Promise<void> {
    return this.#closed;
  }

  /**
   * How many received datagrams found the readable stream full and were lost, with `whenFull: "drop"`; what the kernel
   * itself drops is not among them. Not in the specification.
   */
  get dropped(): number {
    return this.#readable.dropped;
  }

  /** As of every Web IDL interface: `Object.prototype.toString` answers `[object UDPSocket]`. */
  get [Symbol.toStringTag](): string {
    return "UDPSocket";
  }

  /**
   * Closes the socket: cancels the readable stream, whose datagrams are lost, and aborts the writable one, whose pending
   * writes reject with an `AbortError`. To have them sent, close the writable stream before.
   *
   * @returns `closed`. Rejects with an `InvalidStateError`, and changes nothing, before `opened` has resolved and while
   * one of the streams is locked.
   *
   * @example
   * ```ts
   * import { UDPSocket } from "@x/dgram/web";
   *
   * const socket = new UDPSocket({ localAddress: "127.0.0.1" });
   * const { localAddress } = await socket.opened;
   * console.log(localAddress); // prints 127.0.0.1
   * await socket.close();
   * ```
   */
  close(): Promise<void> {
    if (this.#state === "opening") return Promise.reject(invalidStateError("the socket is not open yet"));
    if (this.#state === "closed") return this.#closed;
    const readable = this.#readable.stream;
    const writable = this.#writable.stream;
    if (readable.locked || writable.locked) {
      return Promise.reject(invalidStateError("a stream of the socket is locked"));
    }
    const reason = new DOMException("the socket was closed", "AbortError");
    // Of a half that errored they reject; closed tells that.
    readable.cancel(reason).catch(() => {});
    writable.abort(reason).catch(() => {});
    return this.#closed;
  }

  async #open(settings: Settings): Promise<UDPSocketOpenInfo> {
    try {
      const socket = await openSocket(settings, this.#readable);
      const info = this.#infoOf(socket, settings);
      this.#socket = socket;
      socket.once("close", () => {
        this.#state = "closed";
        // A worker that leaves its cluster has it closed from below.
        this.#readable.fail(notRunning());
        this.#settleClosed();
      });
      this.#writable.start(socket, reachable(socket, settings));
      this.#state = "open";
      return info;
    } catch (error) {
      const exception = networkError(error);
      this.#state = "closed";
      this.#rejectClosed(exception);
      throw exception;
    }
  }

  #infoOf(socket: Socket, { mode, multicastInterface }: Settings): UDPSocketOpenInfo {
    const { address: localAddress, port: localPort } = socket.address();
    const info = { readable: this.#readable.stream, writable: this.#writable.stream, localAddress, localPort };
    if (mode === "bound") {
      const multicastController = new Groups(socket, multicastInterface, () => this.#state === "open");
      return { ...info, multicastController };
    }
    const { address: remoteAddress, port: remotePort } = socket.remoteAddress();
    return { ...info, remoteAddress, remotePort };
  }

  #halfEnded(error: unknown): void {
    if (error !== undefined) this.#failure ??= { error };
    if (++this.#endedHalves < 2 || this.#state === "closed") return;
    this.#state = "closed";
    this.#socket.close();
  }

  #settleClosed(): void {
    if (this.#failure === null) this.#resolveClosed();
    else this.#rejectClosed(this.#failure.error);
  }
}

/** The addresses that a bound socket can send to; undefined for those of both families. */
function reachable({ type }: Socket, settings: Settings): SocketDnsQueryType | undefined {
  if (type === "udp4") return "ipv4";
  const both = settings.mode === "bound" && !settings.ipv6Only && isAnyIPv6(settings.localAddress);
  return both ? undefined : "ipv6";
}
