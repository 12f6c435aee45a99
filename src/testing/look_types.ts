/** What of a network can be looked at. */
import type { Duration } from "./duration.ts";
import type { TraceEntry } from "./trace.ts";

/** A host of the network, or its name. */
export type NamedHost = { readonly name: string } | string;

/** What one direction of a link has carried, and what it has not. ICMP errors don't count. */
export interface LinkCounters {
  /** The host that it comes from. */
  readonly from: string;
  /** The host that it goes to. */
  readonly to: string;
  /** Datagrams that came to it. */
  readonly datagrams: number;
  /** Their bytes, without headers. */
  readonly bytes: number;
  /** Those that it lost, for whatever reason but the two that follow. */
  readonly lost: number;
  /** Those that came while it was cut. */
  readonly cut: number;
  /** Those that found its queue full. */
  readonly noRoom: number;
  /** Those that came twice. */
  readonly duplicated: number;
  /** Those of which a bit was changed. */
  readonly corrupted: number;
}

/** A socket of a network, as {@linkcode NetworkLooks.sockets} shows it. */
export interface SocketState {
  /** The name of its host. */
  readonly host: string;
  /** Its type. */
  readonly type: "udp4" | "udp6";
  /** The address that it is bound to. */
  readonly address: string;
  /** Its port; 0 if it has none. */
  readonly port: number;
  /** The address and port that it is connected to, as text. */
  readonly peer: string | undefined;
  /** Datagrams that wait in its receive buffer. */
  readonly waiting: number;
  /** What they take of it, in bytes as the kernel counts them. */
  readonly used: number;
  /** The size of it. */
  readonly recvBufferSize: number;
  /** Datagrams that found no room in it. */
  readonly dropped: number;
}

/** What of a trace is drawn. */
export interface Span {
  /** The first moment; 0 if left out. */
  readonly from?: Duration | undefined;
  /** The last one; the end of the trace if left out. */
  readonly to?: Duration | undefined;
  /** The hosts that have lanes, in this order; if left out, all that something was sent from or to, in the network's. */
  readonly hosts?: readonly NamedHost[] | undefined;
}

/** Where packets are captured. */
export type CaptureOptions =
  /** On all interfaces of this host. */
  | { readonly host: NamedHost; readonly link?: undefined }
  /** On the link between these two, as they enter it. */
  | { readonly link: readonly [NamedHost, NamedHost]; readonly host?: undefined }
  /** On all links. */
  | { readonly host?: undefined; readonly link?: undefined };

/** What of a network can be looked at. Where a trace is needed, the option `trace` must have been given. */
export interface NetworkLooks {
  /** What became of each datagram, with the option `trace`; without it an empty list. */
  readonly trace: readonly TraceEntry[];
  /**
   * The same as text, a line for each: when, where, which, from where to where, how long, and what became of it.
   *
   * @returns the text; without the option `trace` an empty one
   */
  traceText(): string;
  /**
   * What each direction of a link has carried and lost so far. In a network of more than 256 hosts whose links all do
   * the same, they are counted together: the names are empty then.
   *
   * @returns a record for each direction that was used
   */
  counters(): LinkCounters[];
  /**
   * The sockets of all hosts.
   *
   * @returns a record for each
   */
  sockets(): SocketState[];
  /**
   * What state the network is in, as text for the message of a failed test: sockets, what waits in their buffers, what
   * was dropped, what the links have lost, and what is going to happen.
   *
   * @returns lines
   */
  netstat(): string;
  /**
   * What a capture would have seen, as a pcapng file that Wireshark and tshark read: raw IP with headers, checksums,
   * fragments and ICMP errors; names of hosts and interfaces; virtual time in nanoseconds since 1970; and what became of
   * each datagram as its comment.
   *
   * @param options a host or a link; all links if left out
   * @returns the bytes of the file
   * @throws {Error} ERR_NETWORK_NOT_TRACED; ERR_NETWORK_NO_SUCH_HOST
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for what is no option
   */
  pcapng(options?: CaptureOptions): Promise<Uint8Array>;
  /**
   * A sequence diagram for documents, as Mermaid draws it.
   *
   * @param span what of the trace; all if left out
   * @returns the diagram's text
   * @throws {Error} ERR_NETWORK_NOT_TRACED; ERR_NETWORK_NO_SUCH_HOST
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for what is no option
   */
  mermaid(span?: Span): Promise<string>;
  /**
   * A picture for documents: a lane for each host, and time from top to bottom. It suits light and dark.
   *
   * @param span what of the trace; all if left out
   * @returns an SVG document
   * @throws {Error} ERR_NETWORK_NOT_TRACED; ERR_NETWORK_NO_SUCH_HOST
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for what is no option
   */
  svg(span?: Span): Promise<string>;
  /**
   * One page to look through the whole trace in a browser: lanes and time, zoom, a filter, and a datagram's bytes. It
   * loads nothing, and is meant for hundreds of thousands of datagrams.
   *
   * @param span what of the trace; all if left out
   * @returns an HTML document
   * @throws {Error} ERR_NETWORK_NOT_TRACED; ERR_NETWORK_NO_SUCH_HOST
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for what is no option
   */
  html(span?: Span): Promise<string>;
}
