/** The sockets of the promises entry, as their users see them. */
import type { AddressInfo } from "../core/backend.ts";
import type { Payload, Socket } from "../core/types.ts";
import type { SocketDelegates } from "./delegates.ts";
import type {
  AddressedMessage,
  AddressedRequestOptions,
  CancelOptions,
  Datagrams,
  IncomingDatagram,
  PeerMessage,
  RequestOptions,
} from "./types.ts";

/** What bound and connected sockets have in common. */
export interface PromisesSocket extends SocketDelegates, AsyncIterable<IncomingDatagram> {
  /**
   * The socket below, with all of `node:dgram`'s API and events. A listener of 'message' there sees every datagram as
   * well. Leave 'error' to this entry: it passes errors on to those who wait, or read next.
   */
  readonly raw: Socket;

  /**
   * How many datagrams found the inbox full and were lost, since the socket was opened: an exact count. What the
   * kernel dropped before is not in it.
   */
  readonly dropped: number;

  /** How many datagrams wait in the inbox. */
  readonly waiting: number;

  /**
   * Reads one datagram: the one that has waited longest, or the next that comes.
   *
   * Works alike on Node 18 to 26, Deno and Bun. Origin: this module.
   *
   * @param options `signal` cancels the waiting
   * @returns a promise of the datagram
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING when the socket is closed and nothing waits; the error of a failed
   * receive, such as ECONNREFUSED on a connected socket; ERR_SOCKET_DGRAM_INBOX_FULL with the policy `"throw"`
   *
   * @example
   * ```ts
   * import { bind } from "@x/dgram/promises";
   *
   * await using socket = await bind({ address: "127.0.0.1" });
   * await socket.send("hello", socket.address().port, "127.0.0.1");
   * const { data, port } = await socket.receive({ signal: AbortSignal.timeout(1000) });
   * console.log(`${data} from ${port}`);
   * ```
   */
  receive(options?: CancelOptions): Promise<IncomingDatagram>;

  /**
   * Iterates over the datagrams: those that wait, and then each as it comes. `for await (… of socket)` is this without
   * options.
   *
   * It ends when the socket is closed and what waited has been read. It throws the error of a failed receive; the
   * socket stays open then, and can be iterated anew. Leaving the loop ends the iteration and leaves the socket open,
   * and datagrams go on to gather in the inbox. Several iterations, and `receive`, share the inbox: each datagram goes
   * to one of them, in the order in which they asked.
   *
   * Works alike on Node 18 to 26, Deno and Bun. Origin: this module.
   *
   * @param options `signal` ends the iteration with its reason as the error
   * @returns an iterator of its own
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for a `signal` that is none
   *
   * @example
   * ```ts
   * import { bind } from "@x/dgram/promises";
   *
   * await using socket = await bind({ address: "127.0.0.1" });
   * await socket.send("hello", socket.address().port, "127.0.0.1");
   * for await (const { data, port, address } of socket.datagrams({ signal: AbortSignal.timeout(1000) })) {
   *   console.log(`${data} from ${address}:${port}`);
   *   break;
   * }
   * ```
   */
  datagrams(options?: CancelOptions): Datagrams;

  /**
   * Closes the socket: what was accepted before is sent, reading ends when what waits has been read, and pending
   * requests reject with ERR_SOCKET_DGRAM_NOT_RUNNING. Closing twice is no error.
   *
   * @returns a promise that resolves when the port is free
   */
  close(): Promise<void>;

  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A bound socket, as {@linkcode bind} gives it. */
export interface BoundSocket extends PromisesSocket {
  /**
   * Sends a datagram.
   *
   * Works alike on Node 18 to 26, Deno and Bun. Origin: `send` of `node:dgram`, with a promise for its callback.
   *
   * @param data up to 65,507 bytes over IPv4; a string goes as UTF-8, a list is joined to one datagram. It must not be
   * changed until the promise settles
   * @param port where to, 1 to 65535
   * @param address a host name or an address; this host if left out
   * @param options `signal` ends the waiting, not the sending of a datagram that was accepted
   * @returns a promise of the number of bytes, once the kernel has taken them
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for data or an address of another type
   * @throws {RangeError} ERR_SOCKET_BAD_PORT
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING when closed; ERR_SOCKET_DGRAM_QUEUE_FULL with a bound on the send
   * queue; ERR_IP_BLOCKED; ENOTFOUND and others of a look-up; EMSGSIZE, EACCES and others of the system call
   *
   * @example
   * ```ts
   * import { bind } from "@x/dgram/promises";
   *
   * await using socket = await bind();
   * console.log(await socket.send("hello", 41234, "127.0.0.1"));
   * ```
   */
  send(
    data: Payload | readonly Payload[],
    port: number,
    address?: string,
    options?: CancelOptions,
  ): Promise<number>;

  /**
   * Sends each message as a datagram of its own, in order, with as few system calls as the runtime allows.
   *
   * Works alike on Node 18 to 26, Deno and Bun; one system call for many where capabilities say `sendBatch`. Origin:
   * this module.
   *
   * @param messages what goes where
   * @param options `signal` ends the waiting, not the sending of what was accepted
   * @returns a promise of how many were sent, which is all of them
   * @throws {Error} the error of the first that failed, as of `send`, with `index`, its place, and `sent`, how many were
   * sent. A message with a bad argument keeps all from being sent
   *
   * @example
   * ```ts
   * import { bind } from "@x/dgram/promises";
   *
   * await using socket = await bind();
   * console.log(await socket.sendMany(["a", "b"].map((data) => ({ data, port: 41234, address: "127.0.0.1" }))));
   * ```
   */
  sendMany(messages: readonly AddressedMessage[], options?: CancelOptions): Promise<number>;

  /**
   * Sends a datagram and waits for the one that answers it. While none comes it is sent again: after `timeout`
   * milliseconds, then after twice that, and so on, `retries` times in all; it fails when the wait after the last one
   * is over. With the defaults that is after 1 + 2 + 4 + 8 seconds; a signal such as `AbortSignal.timeout(5000)`
   * bounds the whole.
   *
   * An answer comes from the address and port that the request went to, and `match` says yes to it. Any number of
   * requests may run at once; of several that would take a datagram, the oldest gets it. A datagram that answers none,
   * such as a second answer, goes to the inbox. When the promise settles, no timer and no listener is left.
   *
   * Works alike on Node 18 to 26, Deno and Bun. Origin: this module.
   *
   * @param data what is sent, as of `send`; copied, since it may be sent again
   * @param options see {@linkcode AddressedRequestOptions}
   * @returns a promise of the datagram that answers
   * @throws {Error} ERR_SOCKET_DGRAM_REQUEST_TIMEOUT (a {@linkcode RequestTimeoutError}); the signal's reason;
   * ERR_SOCKET_DGRAM_NOT_RUNNING when the socket is closed; all that `send` rejects with
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for an option of another type
   * @throws {RangeError} ERR_OUT_OF_RANGE for a `timeout` or `retries` out of its range
   *
   * @example
   * ```ts
   * import { bind } from "@x/dgram/promises";
   *
   * await using server = await bind({ address: "127.0.0.1" });
   * const serving = (async () => {
   *   for await (const { data, port, address } of server) await server.send([data, "!"], port, address);
   * })();
   *
   * const client = await bind();
   * const { port, address } = server.address();
   * const match = (answer: { data: Uint8Array }) => answer.data[0] === 104;
   * const { data } = await client.request("hello", { port, address, match, timeout: 500, retries: 2 });
   * console.log(`${data}`);
   *
   * await client.close();
   * await server.close();
   * await serving;
   * ```
   */
  request(data: Payload | readonly Payload[], options: AddressedRequestOptions): Promise<IncomingDatagram>;
}

/** A connected socket, as {@linkcode connect} gives it: it sends to its peer and hears from it alone. */
export interface ConnectedSocket extends PromisesSocket {
  /**
   * The peer's end.
   *
   * @returns its address, family and port
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING when closed; ERR_SOCKET_DGRAM_NOT_CONNECTED when disconnected since
   */
  remoteAddress(): AddressInfo;

  /**
   * Sends a datagram to the peer.
   *
   * Works alike on Node 18 to 26, Deno and Bun. Origin: `send` of `node:dgram`, with a promise for its callback.
   *
   * @param data up to 65,507 bytes over IPv4; a string goes as UTF-8, a list is joined to one datagram. It must not be
   * changed until the promise settles
   * @param options `signal` ends the waiting, not the sending of a datagram that was accepted
   * @returns a promise of the number of bytes, once the kernel has taken them
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for data of another type
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING when closed; ERR_SOCKET_DGRAM_QUEUE_FULL with a bound on the send
   * queue; ECONNREFUSED when the peer refused an earlier datagram; EMSGSIZE and others of the system call
   *
   * @example
   * ```ts
   * import { connect } from "@x/dgram/promises";
   *
   * await using socket = await connect(41234, "127.0.0.1");
   * console.log(await socket.send("hello"));
   * ```
   */
  send(data: Payload | readonly Payload[], options?: CancelOptions): Promise<number>;

  /**
   * Sends each message to the peer as a datagram of its own, in order, with as few system calls as the runtime allows.
   *
   * @param messages what is sent
   * @param options `signal` ends the waiting, not the sending of what was accepted
   * @returns a promise of how many were sent, which is all of them
   * @throws {Error} the error of the first that failed, as of `send`, with `index`, its place, and `sent`, how many were
   * sent
   */
  sendMany(messages: readonly PeerMessage[], options?: CancelOptions): Promise<number>;

  /**
   * Sends a datagram to the peer and waits for the one that answers it, as {@linkcode BoundSocket.request} does. When
   * the peer refuses (ECONNREFUSED), all pending requests reject at once.
   *
   * @param data what is sent, as of `send`; copied, since it may be sent again
   * @param options see {@linkcode RequestOptions}
   * @returns a promise of the datagram that answers
   * @throws {Error} ERR_SOCKET_DGRAM_REQUEST_TIMEOUT (a {@linkcode RequestTimeoutError}); the signal's reason;
   * ERR_SOCKET_DGRAM_NOT_RUNNING when the socket is closed; all that `send` rejects with
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for an option of another type
   * @throws {RangeError} ERR_OUT_OF_RANGE for a `timeout` or `retries` out of its range
   *
   * @example
   * ```ts
   * import { bind, connect } from "@x/dgram/promises";
   *
   * await using server = await bind({ address: "127.0.0.1" });
   * await using client = await connect(server.address().port, "127.0.0.1");
   * const answer = client.request("ping", { timeout: 500 });
   * const { port, address } = await server.receive();
   * await server.send("pong", port, address);
   * console.log(`${(await answer).data}`);
   * ```
   */
  request(data: Payload | readonly Payload[], options?: RequestOptions): Promise<IncomingDatagram>;
}
