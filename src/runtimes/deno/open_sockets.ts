import type { AddressInfo } from "../../core/backend.ts";

/** A handle that opened its socket itself. */
export interface OpenSocket {
  address(): AddressInfo | number;
}

const sockets = new Set<OpenSocket>();

export function opened(socket: OpenSocket): void {
  sockets.add(socket);
}

export function closed(socket: OpenSocket): void {
  sockets.delete(socket);
}

/**
 * True if a socket of this module's has the local end, whose descriptor can't be known without libc. A port that is
 * shared (reuseAddr) is taken for one socket's.
 */
export function isOpen({ port }: Partial<AddressInfo>): boolean {
  for (const socket of sockets) {
    const local = socket.address();
    if (typeof local === "object" && local.port === port) return true;
  }
  return false;
}
