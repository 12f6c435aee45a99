import { getErrno } from "../../core/errors.ts";
import { knownInterfaces, mayUseHost } from "./permissions.ts";
import { resolvable, scopeOf, withoutScope } from "./scope.ts";
import { errnoOf } from "../common/errno.ts";
import { byScope } from "../common/interface_index.ts";
import { createDgram } from "../node/dgram.ts";

/**
 * The address as Deno 2.9.5 can use it: a scope that names no interface is none for libuv, and for the system's resolver
 * a name that it can't resolve.
 */
export function usable(address: string): string {
  const kept = resolvable(address);
  return namesNoInterface(kept) ? withoutScope(kept) : kept;
}

/** True for an address whose scope is the name of no interface. */
export function namesNoInterface(address: string): boolean {
  const scope = scopeOf(address).slice(1);
  return scope !== "" && !Object.hasOwn(byScope(knownInterfaces()), scope) && !resolves(address);
}

/** What is down, or known to nobody without `--allow-sys`, is resolved all the same: a bind shows it, of the same name. */
function resolves(address: string): boolean {
  if (!mayUseHost(address, 0)) return true;
  const probe = createDgram({ family: 6 });
  let errno = 0;
  probe.on("error", (error) => errno = errnoOf(error));
  try {
    probe.bind(0, address);
  } catch (error) {
    errno = errnoOf(error);
  } finally {
    probe.close();
  }
  return errno === 0 || errno === getErrno("EADDRNOTAVAIL");
}
