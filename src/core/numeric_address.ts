import { formatIPv6, isLinkLocal, readIPv6 } from "./address_text.ts";
import { isIP } from "./ip.ts";
import type { Family } from "./backend.ts";

/** The address that stands for "any" in a family. */
export function anyAddress(family: Family): string {
  return family === 4 ? "0.0.0.0" : "::";
}

/** The address that stands for "this host" in a family. */
export function loopbackAddress(family: Family): string {
  return family === 4 ? "127.0.0.1" : "::1";
}

/** The family of a literal, or 0. Unlike isIP it takes any scope, since interfaces are named freely. */
export function familyOf(address: string): 0 | Family {
  const [literal, scope] = address.split("%");
  const family = isIP(literal);
  return scope === undefined || family === 6 ? family : 0;
}

/** True for a literal of this very family; a scope may follow an IPv6 one. */
export function isLiteralOf(family: Family, address: unknown): boolean {
  return typeof address === "string" && isIP(address) === family;
}

const LOOPBACK = [127, 0, 0, 1];

/**
 * A peer's address as the kernel writes it: the shortest form, and loopback for "any".
 *
 * @param local the address that the socket is bound to, whose scope a link-local peer without one has
 */
export function canonicalPeer(address: string, local = ""): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  const [literal, scope = local.split("%")[1]] = address.split("%");
  const bytes = new Uint8Array(16);
  if (!readIPv6(literal, bytes, 0)) return address;
  const isAny = (from: number): boolean => bytes.subarray(from).every((byte) => byte === 0);
  if (isAny(0)) bytes[15] = 1;
  else if (isAny(12) && bytes[10] === 255 && bytes[11] === 255 && bytes.findIndex((byte) => byte > 0) === 10) {
    bytes.set(LOOPBACK, 12);
  }
  return formatIPv6(bytes, 0) + (isLinkLocal(bytes, 0) && scope !== undefined ? `%${scope}` : "");
}

/** True for a multicast literal of either family. */
export function isMulticast(address: string): boolean {
  return /^(ff|2(2[4-9]|3\d)\.)/i.test(address);
}
