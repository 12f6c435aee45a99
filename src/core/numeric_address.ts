import { isIP, isIPv6 } from "./ip.ts";
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

/** A peer's address as the kernel writes it: the shortest form, and loopback for "any". */
export function canonicalPeer(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  if (!isIPv6(address)) return address;
  const [literal, scope] = address.split("%");
  // Bun 1.4.5 and Node's SocketAddress differ in what they shorten; the URL parser is the same everywhere.
  const short = new URL(`http://[${literal}]/`).hostname.slice(1, -1);
  if (short === "::") return "::1";
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short);
  if (mapped) {
    const high = parseInt(mapped[1], 16);
    const low = parseInt(mapped[2], 16);
    return `::ffff:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  return scope === undefined ? short : `${short}%${scope}`;
}

/** True for a multicast literal of either family. */
export function isMulticast(address: string): boolean {
  if (isIPv6(address)) return /^ff/i.test(address);
  const first = Number.parseInt(address, 10);
  return first >= 224 && first <= 239;
}
