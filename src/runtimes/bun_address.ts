import { isIPv4 } from "../core/ip.ts";
import { interfaceIndex } from "./interface_index.ts";
import { formatIPv6, isLinkLocal, readIPv6 } from "./libc/addresses.ts";

const LOOPBACK = [127, 0, 0, 1];

/** The IPv6 addresses of which a scope is part: unicast of a link, multicast of a link or of an interface. */
const NEEDS_SCOPE = /^(?:fe[89ab][\da-f]|ff[\da-f][12]):/i;

/**
 * An address as Bun has to be given it, so that the kernel gets what it gets from libuv: Bun 1.4.5 refuses scopes of other
 * addresses and of interfaces that are not there, which libuv leaves out, and takes a number for an index, which libuv
 * takes for a name.
 */
export function forBun(address: string): string {
  const cut = address.indexOf("%");
  if (cut < 0) return address;
  return NEEDS_SCOPE.test(address) && isInterface(address.slice(cut + 1)) ? address : address.slice(0, cut);
}

/** A peer as the kernel writes it, on a socket that is bound to `local`. Both are as `forBun` answers them. */
export function peerAsWritten(address: string, local: string): string {
  if (isIPv4(address)) return address === "0.0.0.0" ? "127.0.0.1" : address;
  const [literal, scope = local.split("%")[1]] = address.split("%");
  const bytes = new Uint8Array(16);
  readIPv6(literal, bytes, 0);
  const isAny = (from: number): boolean => bytes.subarray(from).every((byte) => byte === 0);
  if (isAny(0)) bytes[15] = 1;
  else if (isAny(12) && bytes[10] === 255 && bytes[11] === 255 && bytes.findIndex((byte) => byte > 0) === 10) {
    bytes.set(LOOPBACK, 12);
  }
  return formatIPv6(bytes, 0) + (isLinkLocal(bytes, 0) && scope !== undefined ? `%${scope}` : "");
}

function isInterface(name: string): boolean {
  try {
    return interfaceIndex(name) > 0;
  } catch {
    // Nobody may ask the system here: let Bun try.
    return true;
  }
}
