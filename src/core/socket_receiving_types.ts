/** When a socket receives. What it receives comes as 'message' events. A part of the interface of a socket. */
export interface SocketReceiving {
  /**
   * Leaves what arrives in the kernel, whose buffer (`recvBufferSize`) is the bound of it, until `resume()`: what finds
   * that full is lost there. From this call on no 'message' comes; what the runtime has read already waits in the
   * socket, in order. Sending goes on, errors are still told, and a referenced socket still keeps the process alive. Before a bind it is allowed too.
   *
   * Feature `pause`: unavailable on Bun without libc, which is on Windows, and in Bun's cluster workers.
   * On Deno one datagram may still be taken from the kernel, for the receive that is pending.
   *
   * Source: a Readable's `pause()`; `node:dgram` has none. Measured.
   *
   * @returns The socket.
   * @throws {TypeError} ERR_FEATURE_UNAVAILABLE_ON_PLATFORM where the runtime can't.
   * @throws {Error} of `pause`: EMFILE where a descriptor is needed, on Bun; ERR_SOCKET_DGRAM_NOT_RUNNING after
   * `close()`.
   *
   * @example One datagram at a time
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4", (message) => {
   *   socket.pause();
   *   console.log(`${message}`); // prints one
   *   // prints two
   *   if (`${message}` === "two") socket.close();
   *   else setTimeout(() => socket.resume(), 10);
   * });
   * const { port } = socket.bindSync({ address: "127.0.0.1" });
   * socket.send("one", port, "127.0.0.1");
   * socket.send("two", port, "127.0.0.1");
   * ```
   */
  pause(): this;

  /**
   * Takes `pause()` back: what was held is told first, from the next tick on, and then what waits in the kernel.
   *
   * Source: a Readable's `resume()`.
   *
   * @returns The socket.
   * @throws {Error} ERR_SOCKET_DGRAM_NOT_RUNNING after `close()`.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4").pause();
   * socket.bindSync();
   * console.log(socket.resume().isPaused()); // prints false
   * socket.close();
   * ```
   */
  resume(): this;

  /**
   * Whether `pause()` was called, and not `resume()` since then.
   *
   * Source: a Readable's `isPaused()`.
   *
   * @returns True if so.
   *
   * @example
   * ```ts
   * import { createSocket } from "@x/dgram";
   *
   * const socket = createSocket("udp4");
   * console.log(socket.isPaused()); // prints false
   * socket.close();
   * ```
   */
  isPaused(): boolean;
}
