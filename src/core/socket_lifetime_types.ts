import type { AddressInfo } from "./backend.ts";
import type { BindOptions, BindSyncOptions } from "./option_types.ts";

/** How a socket is opened and closed, and whether it keeps the process alive. A part of the interface of a socket. */
export interface SocketLifetime {
  /**
   * Binds the socket and begins to receive. 'listening' follows, on a tick; a failure is an 'error' event, after which
   * the socket is unbound and may be bound again.
   *
   * A port that is no port is not refused but cut to 16 bits, as by Node: 70000 is 4464. `bindSync()` checks it.
   *
   * Events: 'error' with EADDRINUSE, EADDRNOTAVAIL, EACCES or EINVAL (a literal of the other family) of `bind`;
   * ENOTFOUND or EAI_AGAIN of `getaddrinfo`; ENOTSUP where reusePort or ipv6Only can't be had; ERR_SOCKET_BUFFER_SIZE
   * where a size of the options is refused; ERR_ACCESS_DENIED without Deno's or Node's `--allow-net`.
   *
   * Source: Node's documentation; measured. Unlike Node's, a socket whose buffer size the kernel refuses, or whose bind()
   * throws, is unbound again.
   *
   * @param port 0 to 65535; 0, the default, lets the kernel choose.
   * @param address The local address or a name for it; all interfaces if left out.
   * @param callback A listener of 'listening' that is called once, and not if the bind fails.
   * @returns The socket.
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`; ERR_SOCKET_ALREADY_BOUND if it is bound or binding.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for an address that is no string.
   *
   * @example A port of the kernel's choice
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * socket.bind(0, "127.0.0.1", () => {
   *   console.log(socket.address().family); // prints IPv4
   *   socket.close();
   * });
   * ```
   */
  bind(port?: number, address?: string, callback?: () => void): this;
  /** Binds to all interfaces. */
  bind(port?: number, callback?: () => void): this;
  /** Binds to all interfaces and a port of the kernel's choice. */
  bind(callback?: () => void): this;
  /**
   * Binds to what the options say, or adopts a descriptor: then 'listening' comes before the call returns.
   *
   * @throws {TypeError} ERR_INVALID_FD_TYPE for a descriptor that is no UDP socket.
   * @throws {Error} EEXIST of `open` for one that this process uses already.
   */
  bind(options: BindOptions, callback?: () => void): this;

  /**
   * Binds the socket before it returns; 'listening' follows on a tick. It resolves no names and shares no port with
   * other cluster workers.
   *
   * Feature `bindSync`. On Node 18 to 22, on Deno and on Bun too, whose node:dgram has no such method.
   *
   * Source: Node 26's documentation; measured.
   *
   * @param options The port, 0 to 65535, and the numeric address.
   * @returns What `address()` returns.
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING; ERR_SOCKET_ALREADY_BOUND; or what `bind()` would emit. The socket is
   * unbound then, as before.
   * @throws {RangeError} ERR_SOCKET_BAD_PORT.
   * @throws {TypeError} ERR_INVALID_ARG_TYPE; ERR_INVALID_ARG_VALUE for a host name.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * const { address } = socket.bindSync({ port: 0, address: "127.0.0.1" });
   * console.log(address); // prints 127.0.0.1
   * socket.close();
   * ```
   */
  bindSync(options?: BindSyncOptions): AddressInfo;

  /**
   * Closes the socket: no message follows. What was given to `send()` before is sent, and its callbacks are called;
   * then 'close' is emitted. While a bind is under way it waits for that, unless nothing else does. For look-ups and
   * for room in the kernel it waits a second in all: what has not left by then fails with ECANCELED, before 'close'.
   *
   * Feature `closeInTurn`: unavailable on Deno. Where it is there 'close' comes on the next tick if nothing waits;
   * otherwise some turns of the event loop later, when the port is free.
   *
   * Source: Node's documentation; measured. Node's loses what was sent just before, cancels what waits for room at once,
   * and stays open if a bind that was under way fails.
   *
   * @param callback A listener of 'close'.
   * @returns The socket.
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING if it was called before; the callback is registered all the same.
   *
   * @example What was accepted is sent
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const receiver = createSocket("udp4", (message) => {
   *   console.log(`${message}`); // prints bye
   *   receiver.close();
   * });
   * const { port } = receiver.bindSync({ address: "127.0.0.1" });
   *
   * const sender = createSocket("udp4");
   * sender.send("bye", port, "127.0.0.1");
   * sender.close();
   * ```
   */
  close(callback?: () => void): this;

  /**
   * Takes `unref()` back: the socket keeps the process alive again while it is bound. Before a bind, and after
   * `close()`, it is allowed too.
   *
   * Source: Node's documentation; measured.
   *
   * @returns The socket.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4").unref();
   * socket.bind(0, "127.0.0.1", () => socket.close());
   * socket.ref();
   * ```
   */
  ref(): this;

  /**
   * Lets the process end while the socket is open, whenever it is called. A send that waits is carried out before.
   *
   * Source: Node's documentation; measured.
   *
   * @returns The socket.
   *
   * @example The process ends by itself
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * createSocket("udp4").unref().bind(0, "127.0.0.1");
   * ```
   */
  unref(): this;

  /**
   * Closes the socket, for `await using`; a closed one is let be.
   *
   * On Node 18, which lacks the symbol, it is at `Symbol.for("nodejs.asyncDispose")`.
   *
   * Source: Node's documentation; measured.
   *
   * @returns Resolves when 'close' has been emitted.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * await using socket = createSocket("udp4");
   * socket.bindSync({ address: "127.0.0.1" });
   * ```
   */
  [Symbol.asyncDispose](): Promise<void>;
}
