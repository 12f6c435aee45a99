/** What the promises entry takes and gives. */
import type { MessageBuffer, RemoteInfo } from "../core/backend.ts";
import type { OutgoingMessage, Payload, SocketOptions, SocketType } from "../core/types.ts";

/** What the kernel told of a datagram, on a socket made with `receiveInfo`. */
export type KernelInfo = Pick<
  RemoteInfo,
  "destination" | "interfaceIndex" | "hopLimit" | "trafficClass" | "ecn" | "receivedAt"
>;

/** A received datagram. */
export interface IncomingDatagram extends KernelInfo {
  /** Its bytes, in an exactly-sized Buffer of its own. */
  data: MessageBuffer;
  /** The sender's numeric address; a link-local one carries its scope. */
  address: string;
  /** The sender's port, 1 to 65535; 0 where the sender has none. */
  port: number;
  /** The sender's IP version. */
  family: "IPv4" | "IPv6";
}

/** An iteration over received datagrams; its end has no value. */
export interface Datagrams extends AsyncIterator<IncomingDatagram, undefined> {
  /** The iteration itself. */
  [Symbol.asyncIterator](): this;
}

/** What happens to a datagram that finds the inbox full. */
export type WhenFull = "drop-newest" | "drop-oldest" | "throw" | "wait";

/** The bound on what waits to be read. */
export interface InboxOptions {
  /** How many datagrams may wait: 1 to 4,294,967,295; 1024 if left out. Each may have up to 65,507 bytes. */
  limit?: number | undefined;
  /**
   * - `"drop-newest"` (if left out): the one that arrives is lost, as in the kernel's own buffer.
   * - `"drop-oldest"`: the one that has waited longest is lost.
   * - `"throw"`: the one that arrives is lost, and whoever reads gets what came before it and then an
   *   ERR_SOCKET_DGRAM_INBOX_FULL. The socket stays open and can be read further.
   * - `"wait"`: it is left in the kernel, whose buffer (`recvBufferSize`) bounds what waits there and loses what finds
   *   that full. Reading goes on when half of the inbox is empty. Needs the feature `pause`; without it the
   *   socket is not opened: ERR_FEATURE_UNAVAILABLE_ON_PLATFORM.
   */
  whenFull?: WhenFull | undefined;
}

/** An operation that a signal can cancel. */
export interface CancelOptions {
  /** The operation rejects with this signal's reason when it is aborted before its end. */
  signal?: AbortSignal | undefined;
}

/** What sockets of this entry are made with: `createSocket`'s options and an inbox. */
export interface PromisesSocketOptions extends Omit<SocketOptions, "type" | "batchMessages"> {
  /** `udp4` or `udp6`; if left out, the family of `address` where that is numeric, and else `udp4`. */
  type?: SocketType | undefined;
  /** How many received datagrams may wait to be read, and what happens to more. */
  inbox?: InboxOptions | undefined;
  /** Closes the socket when it is aborted; all that is pending on the socket then rejects with its reason. */
  signal?: AbortSignal | undefined;
}

/** What {@linkcode bind} takes. */
export interface BindOptions extends PromisesSocketOptions {
  /** The local port, 0 to 65535; 0 lets the kernel choose, as does leaving it out. */
  port?: number | undefined;
  /** The local address or host name; all interfaces if left out. */
  address?: string | undefined;
  /** In a cluster worker: don't share the port with the other workers. */
  exclusive?: boolean | undefined;
  /** A descriptor of a UDP socket to adopt; port and address are ignored then. */
  fd?: number | undefined;
}

/** What {@linkcode connect} takes. */
export interface ConnectOptions extends PromisesSocketOptions {
  /** The peer's port, 1 to 65535. */
  port: number;
  /** The peer's address or host name; this host if left out. */
  address?: string | undefined;
  /** The local port, 0 to 65535; 0 lets the kernel choose, as does leaving it out. */
  localPort?: number | undefined;
  /** The local address; the one that the route to the peer gives if left out. */
  localAddress?: string | undefined;
}

/** How a request is sent again, and what answers it. */
export interface RequestOptions extends CancelOptions {
  /**
   * True for a datagram that answers this request; the first that does ends it. If left out, any datagram of the peer
   * does. What it throws rejects the request.
   */
  match?: ((datagram: IncomingDatagram) => boolean) | undefined;
  /**
   * Milliseconds to wait after the first datagram, above 0 and up to 2,147,483,647; 1000 if left out. It doubles with
   * each one.
   */
  timeout?: number | undefined;
  /** How many times the datagram is sent again: 0 to 4,294,967,295; 3 if left out. */
  retries?: number | undefined;
}

/** How a request is made on a socket that is not connected. */
export interface AddressedRequestOptions extends RequestOptions {
  /** The peer's port, 1 to 65535. */
  port: number;
  /** The peer's address or host name, which is looked up once; this host if left out. */
  address?: string | undefined;
  /**
   * True to take answers from any address and port: for multicast and broadcast, and for protocols that answer from
   * another port. Give a `match` then.
   */
  anyPeer?: boolean | undefined;
}

/** No datagram answered a request in time. */
export interface RequestTimeoutError extends Error {
  /** What tells it from other errors. */
  code: "ERR_SOCKET_DGRAM_REQUEST_TIMEOUT";
  /** How many datagrams were sent. */
  attempts: number;
}

/** A message of `sendMany` on a socket that is not connected. */
export interface AddressedMessage extends OutgoingMessage {
  /** The port it goes to, 1 to 65535. */
  port: number;
}

/** A message of `sendMany` on a connected socket. */
export interface PeerMessage {
  /** What is sent; a list is joined to one datagram. */
  data: Payload | readonly Payload[];
}
