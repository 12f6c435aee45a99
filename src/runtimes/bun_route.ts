import { isIPv6 } from "node:net";
import { getErrno } from "../core/errors.ts";
import type { BunNamespace } from "./bun_types.ts";
import { errnoOf } from "./errno.ts";

/**
 * The local address that the kernel gives a socket bound to `from` when it is connected to `to`, asked of a
 * throwaway socket; or an errno.
 */
export function probeRoute(bun: BunNamespace, from: string, to: string, port: number): string | number {
  try {
    const probe = bun.peek(bun.udpSocket({ hostname: from, port: 0, connect: { hostname: to, port } }));
    const { address } = probe.address;
    probe.close();
    return address + scopeOf(from);
  } catch (error) {
    // Bun 1.4.5 keeps to itself why connect(2) failed: mostly a broadcast address, or a network without a route.
    if ((error as { code?: unknown }).code !== undefined) return errnoOf(error);
    return getErrno(to === "255.255.255.255" ? "EACCES" : "ENETUNREACH");
  }
}

/** `%eth0` of `fe80::1%eth0`, or nothing. */
export function scopeOf(address: string): string {
  return isIPv6(address) && address.includes("%") ? address.slice(address.indexOf("%")) : "";
}
