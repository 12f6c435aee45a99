/**
 * `Deno.listenDatagram` for the sockets that ask for it. It costs less for each datagram than Deno's `node:dgram`, which
 * is what sockets are made of on Deno without FFI, and has no TTL, no interface for multicast and no source-specific
 * memberships.
 *
 * @module
 */
import type { Backend } from "./core/backend.ts";
import { runtimeBackend } from "./core/runtime_backend.ts";
import { capabilities } from "./dgram.ts";
import { deno } from "./runtimes/deno/types.ts";

/**
 * The backend over `Deno.listenDatagram`, for the option `backend`. Its `capabilities` say what it lacks.
 *
 * @returns Undefined where there is nothing to choose: without `--unstable-net`, and with `--allow-ffi`, where the
 * module's own is cheaper and lacks nothing. A socket made with undefined is the runtime's own.
 *
 * @example A receiver of much
 * ```ts
 * import { createSocket } from "@x/dgram";
 * import { listenDatagramBackend } from "@x/dgram/deno";
 *
 * const socket = createSocket({ type: "udp4", backend: listenDatagramBackend() });
 * socket.on("message", (message) => {
 *   console.log(`${message}`); // prints hello
 *   socket.close();
 * });
 * socket.bind(0, "127.0.0.1", () => socket.send("hello", socket.address().port, "127.0.0.1"));
 * ```
 */
export function listenDatagramBackend(): Backend | undefined {
  if (deno?.listenDatagram === undefined || capabilities.backend.endsWith("-ffi")) return undefined;
  return runtimeBackend!.others!.listenDatagram();
}
