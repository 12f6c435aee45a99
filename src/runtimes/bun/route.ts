import { getErrno } from "../../core/errors.ts";
import { isIPv6 } from "../../core/ip.ts";
import type { BunNamespace } from "./types.ts";
import { errnoOf, UNKNOWN } from "../common/errno.ts";

const EVERYBODY = "255.255.255.255";

/**
 * The local address that the kernel gives a socket bound to `from` when it is connected to `to`, asked of a
 * throwaway socket; or an errno. A throwaway socket may not send to everybody: with `broadcast` that is no refusal.
 */
export function probeRoute(
  bun: BunNamespace,
  from: string,
  to: string,
  port: number,
  broadcast: boolean,
): string | number {
  try {
    const probe = bun.peek(bun.udpSocket({ hostname: from, port: 0, connect: { hostname: to, port } }));
    const { address } = probe.address;
    probe.close();
    return withScope(address, scopeOf(from) || scopeOf(to));
  } catch (error) {
    // On Windows Bun 1.4.5 gives a connect that failed no code.
    const errno = errnoOf(error);
    const refused = to === EVERYBODY && errno === UNKNOWN ? getErrno("EACCES") : errno;
    if (broadcast && (refused === UNKNOWN || refused === getErrno("EACCES"))) return from;
    return refused === UNKNOWN ? getErrno("ENETUNREACH") : refused;
  }
}

/** Bun 1.4.5 leaves out the scope of a link-local address that a socket is bound to. */
export function withScope(address: string, scope: string): string {
  return /^fe[89ab]/.test(address) ? address + scope : address;
}

/** `%eth0` of `fe80::1%eth0`, or nothing. */
export function scopeOf(address: string): string {
  return isIPv6(address) && address.includes("%") ? address.slice(address.indexOf("%")) : "";
}
