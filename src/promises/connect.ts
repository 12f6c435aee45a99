import { getErrno, invalidArgType, notRunning, systemCallErrorAt } from "../core/errors.ts";
import { isIP } from "../core/ip.ts";
import { resolve } from "../core/lookup.ts";
import { nothingElse } from "../core/nothing_else.ts";
import { loopbackAddress } from "../core/numeric_address.ts";
import { backendOf } from "../core/state.ts";
import type { LookupFunction, Socket } from "../core/types.ts";
import { validatePort, validateString } from "../core/validate.ts";
import { open, typeOf } from "./open.ts";
import type { ConnectedSocket } from "./sockets.ts";
import type { ConnectOptions } from "./types.ts";

/**
 * Opens a socket, binds it, and connects it to a peer: it then sends to that peer and hears from it alone. The peer's
 * name is looked up before anything is bound, so that there is no time in which strangers could be heard.
 *
 * Works alike on Node 18 to 26, Deno and Bun, but for what the module's `capabilities` name: where `connect` is
 * emulated, `icmpErrors` such as ECONNREFUSED may not be told. Origin: this module, over the `connect` of `node:dgram`.
 *
 * @param options see {@linkcode ConnectOptions}; `connect(port, address)` is short for `connect({ port, address })`
 * @returns a promise of the socket
 * @throws {RangeError} ERR_SOCKET_BAD_PORT for a port out of 1 to 65535; ERR_OUT_OF_RANGE for other numbers
 * @throws {TypeError} ERR_SOCKET_BAD_TYPE, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for options that are none
 * @throws {Error} EADDRINUSE, ENETUNREACH, EACCES and others of the system calls; ENOTFOUND and others of the look-up;
 * ERR_IP_BLOCKED; ERR_ACCESS_DENIED without the permission; the signal's reason
 *
 * @example A client
 * ```ts
 * import { bind, connect } from "@x/dgram/promises";
 *
 * await using server = await bind({ address: "127.0.0.1" });
 * await using client = await connect({ port: server.address().port, address: "127.0.0.1" });
 * await client.send("hello");
 * console.log(`${(await server.receive()).data}`);
 * ```
 */
export function connect(options: ConnectOptions): Promise<ConnectedSocket>;
/**
 * Opens a socket and connects it to a peer.
 *
 * @param port the peer's port, 1 to 65535
 * @param address the peer's address or host name; this host if left out
 * @returns a promise of the socket
 */
export function connect(port: number, address?: string): Promise<ConnectedSocket>;
export async function connect(first: ConnectOptions | number, second?: string): Promise<ConnectedSocket> {
  const options: ConnectOptions = typeof first === "object" ? first : nothingElse({ port: first, address: second });
  if (options === null) throw invalidArgType("options", "of type object", options);
  const { port, address, localPort, localAddress, lookup, type } = options;
  validatePort(port, "Port", false);
  if (address !== undefined) validateString(address, "address");
  if (localPort !== undefined) validatePort(localPort, "options.localPort", true);
  return await open(typeOf(type, address, localAddress), options, (raw, done, fail) => {
    // A look-up can't be cancelled: it may answer after an abort has closed the socket.
    let closed = false;
    raw.once("close", () => closed = true);
    lookUp(raw, address, lookup, fail, (ip) => {
      if (closed) throw notRunning();
      raw.prependOnceListener("connect", done);
      const establish = (): void => connectNow(raw, Number(port), ip, address);
      if (localPort === undefined && localAddress === undefined) return establish();
      // In the call that has bound it: hardly a datagram of a stranger comes between the two.
      raw.prependOnceListener("listening", () => attempt(establish, fail));
      raw.bind(nothingElse({ port: localPort, address: localAddress, exclusive: true }));
    });
  });
}

function lookUp(
  raw: Socket,
  address: string | undefined,
  lookup: LookupFunction | undefined,
  fail: (error: unknown) => void,
  found: (ip: string) => void,
): void {
  const family = raw.type === "udp4" ? 4 : 6;
  resolve({ lookup, family, backend: backendOf(raw) }, address || loopbackAddress(family), (error, ip) => {
    if (error) fail(error);
    else attempt(() => found(ip), fail);
  });
}

function connectNow(raw: Socket, port: number, ip: string, hostname = ip): void {
  // Of a look-up that gives no address the kernel's answer would be this, as it is that of the main entry.
  if (isIP(ip) === 0) throw systemCallErrorAt(getErrno("EINVAL"), "connect", hostname, port);
  raw.connectSync(port, ip);
}

/** What is thrown in a callback has to end the promise. */
function attempt(work: () => void, fail: (error: unknown) => void): void {
  try {
    work();
  } catch (error) {
    fail(error);
  }
}
