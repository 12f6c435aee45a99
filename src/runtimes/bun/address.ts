import { interfaceIndex } from "../common/interface_index.ts";

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

function isInterface(name: string): boolean {
  try {
    return interfaceIndex(name) > 0;
  } catch {
    // Nobody may ask the system here: let Bun try.
    return true;
  }
}
