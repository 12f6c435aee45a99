import { invalidArgType } from "../core/errors.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { validatePort } from "../core/validate.ts";
import { open, typeOf } from "./open.ts";
import type { BoundSocket } from "./sockets.ts";
import type { BindOptions } from "./types.ts";

/**
 * Opens a socket, binds it, and starts to receive into its inbox.
 *
 * Works alike on Node 18 to 26, Deno and Bun, but for the options that the module's `capabilities` name. Origin: this
 * module, over the `bind` of `node:dgram`.
 *
 * @param options see {@linkcode BindOptions}; `bind(port, address)` is short for `bind({ port, address })`
 * @returns a promise of the socket
 * @throws {RangeError} ERR_SOCKET_BAD_PORT for a port out of 0 to 65535; ERR_OUT_OF_RANGE for other numbers
 * @throws {TypeError} ERR_SOCKET_BAD_TYPE, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for options that are none
 * @throws {Error} EADDRINUSE, EADDRNOTAVAIL, EACCES and others of the system call; ENOTFOUND and others of the look-up;
 * ERR_ACCESS_DENIED without the permission; the signal's reason
 *
 * @example A server
 * ```ts
 * import { bind } from "@x/dgram/promises";
 *
 * await using socket = await bind({ port: 0, address: "127.0.0.1", signal: AbortSignal.timeout(100) });
 * try {
 *   for await (const { data, address, port } of socket) if (port > 0) await socket.send(data, port, address);
 * } catch (error) {
 *   console.log(`stopped: ${(error as Error).name}`);
 * }
 * ```
 */
export function bind(options?: BindOptions): Promise<BoundSocket>;
/**
 * Opens a socket and binds it to a port.
 *
 * @param port the local port, 0 to 65535; 0 lets the kernel choose
 * @param address the local address or host name; all interfaces if left out
 * @returns a promise of the socket
 */
export function bind(port: number, address?: string): Promise<BoundSocket>;
export async function bind(first: BindOptions | number = 0, second?: string): Promise<BoundSocket> {
  const options: BindOptions = typeof first === "object" ? first : nothingElse({ port: first, address: second });
  if (options === null) throw invalidArgType("options", "of type object", options);
  const { port, address, exclusive, fd, type } = options;
  if (port !== undefined) validatePort(port, "options.port", true);
  return await open(typeOf(type, address), options, (raw, done) => {
    // Before those that whoever heard of its creation has added, which may throw.
    raw.prependOnceListener("listening", done).bind({ port, address, exclusive, fd });
  });
}
