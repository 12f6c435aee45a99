import type { EventEmitter } from "node:events";
import type { Listener } from "./event_types.ts";
import type { SocketOptions, SocketType } from "./option_types.ts";
import type { SocketConnection } from "./socket_connection_types.ts";
import type { SocketEmitter } from "./socket_emitter_types.ts";
import type { SocketKernelOptions } from "./socket_kernel_option_types.ts";
import type { SocketLifetime } from "./socket_lifetime_types.ts";
import type { SocketMulticast } from "./socket_multicast_types.ts";
import type { SocketReceiving } from "./socket_receiving_types.ts";
import type { SocketSending } from "./socket_sending_types.ts";

/**
 * A UDP socket with the API of `node:dgram`, as on Node 26, and with its errors: `code`, `errno` (negative), `syscall`,
 * `address` and `port`, worded alike on every runtime.
 *
 * It is unbound at first; `bind()`, `send()`, `connect()` or a membership binds it. A bound socket keeps the process
 * alive until `close()` or `unref()`.
 *
 * Where a member names a *feature*, `capabilities.features` tells whether this runtime has it (`native`), imitates it
 * (`emulated`) or lacks it (`unavailable`, and the call fails with ERR_FEATURE_UNAVAILABLE_ON_PLATFORM). It is native
 * but where the member says otherwise, on Linux with Node 18 to 26, Deno 2.9.5 without `--allow-ffi`, and Bun 1.4.5. A
 * member that names no feature is the same on all.
 *
 * @example Question and answer
 * ```ts
 * import { createSocket } from "@x/dgram";
 *
 * const server = createSocket("udp4", (message, from) => server.send(message, from.port, from.address));
 * const { port } = server.bindSync({ address: "127.0.0.1" });
 *
 * const asker = createSocket("udp4", (message) => {
 *   console.log(`${message}`); // prints hello
 *   asker.close();
 *   server.close();
 * });
 * asker.send("hello", port, "127.0.0.1");
 * ```
 */
export interface Socket
  extends
    SocketLifetime,
    SocketConnection,
    SocketSending,
    SocketReceiving,
    SocketMulticast,
    SocketKernelOptions,
    SocketEmitter {
  /** The type it was created with: `udp4` or `udp6`. */
  type: SocketType;
}

/**
 * The class `Socket`, with the static members that it has of EventEmitter; `createSocket` is the same without `new`.
 */
export interface SocketConstructor extends Omit<typeof EventEmitter, "prototype"> {
  /**
   * Makes a socket. No system call is made before it is bound.
   *
   * @param options The type alone, or all options.
   * @param listener A listener of 'message'.
   * @throws {TypeError} ERR_SOCKET_BAD_TYPE; ERR_INVALID_ARG_TYPE for an option of another type.
   * @throws {RangeError} ERR_OUT_OF_RANGE for a size that is no unsigned 32-bit integer.
   */
  new (options: SocketType | SocketOptions, listener?: Listener<"message">): Socket;
  /**
   * Only for its place: @types/node declares the class with no argument.
   *
   * @deprecated It throws: the type has to be there.
   * @throws {TypeError} ERR_SOCKET_BAD_TYPE.
   */
  new (): Socket;
  /** For the classes of `util.inherits`: `Socket.call(this, options)`. */
  (this: Socket, options: SocketType | SocketOptions, listener?: Listener<"message">): void;
  /** Where the methods are. */
  readonly prototype: Socket;
}
