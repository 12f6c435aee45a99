import { interfaceIndex } from "../common/interface_index.ts";
import type { SystemCalls } from "../libc/system_calls.ts";

/** The IPv6 addresses of which a scope is part: unicast of a link, multicast of a link or of an interface. */
const NEEDS_SCOPE = /^(?:fe[89ab][\da-f]|ff[\da-f][12]):/i;

/**
 * An address as Bun has to be given it, so that the kernel gets what it gets from libuv: Bun 1.4.5 refuses scopes of other
 * addresses and of interfaces that are not there, which libuv leaves out, and takes a number for an index, which libuv
 * takes for a name.
 *
 * @param libc what knows every interface; the runtime lists none that is down, and not the index of each
 */
export function forBun(address: string, libc?: SystemCalls | null): string {
  const [plain, scope] = address.split("%");
  if (!scope || !NEEDS_SCOPE.test(address)) return plain;
  try {
    return (libc?.addresses.interfaceIndex(scope) ?? interfaceIndex(scope)) > 0 ? address : plain;
  } catch {
    // Nobody may ask the system here: let Bun try.
    return address;
  }
}
