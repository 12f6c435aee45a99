/** The errors of this entry; all others are the core's. */

/** An answer that is more than its receiver may get. */
export function amplified(address: string, port: number, most: number): Error {
  const error = new Error(`More than ${most} times what came from ${address}:${port}, which is not validated`);
  return Object.assign(error, { code: "ERR_SOCKET_DGRAM_AMPLIFICATION", address, port });
}

/** A second guard of one socket. */
export function alreadyGuarded(): Error {
  return Object.assign(new Error("The socket has a guard already"), { code: "ERR_SOCKET_DGRAM_GUARDED" });
}
