import { formatIPv4, formatIPv6, isLinkLocal, readIPv4, readIPv6 } from "../core/address_text.ts";
import type { Family } from "../core/backend.ts";

/** What is sent to an address reaches. */
export type Reach = "any" | "loopback" | "link-local" | "unicast" | "multicast" | "broadcast";

/** A numeric address; a mapped IPv4 one is an IPv4 one. */
export interface IPAddress {
  readonly family: Family;
  /** As inet_ntop writes it, without a scope. */
  readonly text: string;
  readonly reach: Reach;
  /** What stands behind the `%`. */
  readonly scope: string | undefined;
  readonly mapped: boolean;
}

const MAPPED = "::ffff:";

/** Read over and over, for each datagram to another address than the one before. */
const octets = new Uint8Array(4);

/** Reads a literal; null if it is none. */
export function readAddress(literal: string): IPAddress | null {
  const [text, scope] = literal.includes("%") ? literal.split("%") : [literal, undefined];
  if (readIPv4(text, octets, 0)) {
    // There is one way to write it.
    return { family: 4, text, reach: reachOfIPv4(octets), scope: undefined, mapped: false };
  }
  const bytes = new Uint8Array(16);
  if (!readIPv6(text, bytes, 0)) return null;
  const canonical = formatIPv6(bytes, 0);
  if (canonical.startsWith(MAPPED) && canonical.includes(".")) {
    const four = readAddress(canonical.slice(MAPPED.length))!;
    return { ...four, mapped: true };
  }
  return { family: 6, text: canonical, reach: reachOfIPv6(bytes, canonical), scope, mapped: false };
}

/** As a socket of this family shows it. */
export function show(text: string, family: Family): string {
  return family === 6 && !text.includes(":") ? MAPPED + text : text;
}

function reachOfIPv4(bytes: Uint8Array): Reach {
  const first = bytes[0];
  const isLast = bytes[1] === 255 && bytes[2] === 255 && bytes[3] === 255;
  if (first === 127) return isLast ? "broadcast" : "loopback";
  if (first >= 224 && first <= 239) return "multicast";
  if (first === 255 && isLast) return "broadcast";
  return first === 0 ? "any" : "unicast";
}

function reachOfIPv6(bytes: Uint8Array, text: string): Reach {
  if (bytes[0] === 0xff) return "multicast";
  if (text === "::") return "any";
  if (text === "::1") return "loopback";
  return isLinkLocal(bytes, 0) ? "link-local" : "unicast";
}

/** The broadcast address of an IPv4 network. */
export function broadcastOf(address: string, prefix: number): string {
  const bytes = new Uint8Array(4);
  readIPv4(address, bytes, 0);
  for (let bit = prefix; bit < 32; bit++) bytes[bit >> 3] |= 0x80 >> (bit & 7);
  return formatIPv4(bytes, 0);
}

/** True if the address is in the network that the other one is in. */
export function isInPrefix(address: string, other: string, prefix: number): boolean {
  const [a, b] = [new Uint8Array(16), new Uint8Array(16)];
  const read = address.includes(":") ? readIPv6 : readIPv4;
  if (!read(address, a, 0) || !read(other, b, 0)) return false;
  for (let bit = 0; bit < prefix; bit++) {
    const mask = 0x80 >> (bit & 7);
    if ((a[bit >> 3] & mask) !== (b[bit >> 3] & mask)) return false;
  }
  return true;
}

/** The one after it in the network that the other one is in; undefined if there is none for one host. */
export function nextAddress(address: string, other: string, prefix: number): string | undefined {
  const bytes = new Uint8Array(16);
  const isIPv6 = address.includes(":");
  (isIPv6 ? readIPv6 : readIPv4)(address, bytes, 0);
  for (let place = isIPv6 ? 15 : 3; place >= 0 && ++bytes[place] === 0;) place--;
  const text = isIPv6 ? formatIPv6(bytes, 0) : formatIPv4(bytes, 0);
  const isThere = isInPrefix(text, other, prefix) && (isIPv6 || text !== broadcastOf(other, prefix));
  return isThere ? text : undefined;
}
