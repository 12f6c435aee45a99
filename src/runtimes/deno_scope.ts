import { knownInterfaces } from "./deno_permissions.ts";

/**
 * The scopes of link-local addresses, which Deno 2.9.5 leaves out wherever it gives an address. What reaches a socket
 * that is bound to a link-local address has the scope of that one; else it is known if there is but one interface with
 * link-local addresses.
 */
export class LinkLocalScope {
  #scope: string | undefined;

  /** @param bound the address that the socket was asked to bind to */
  constructor(bound: string) {
    if (isLinkLocal(bound)) this.#scope = scopeOf(bound);
  }

  /** The address with its scope, if it needs one that is known. */
  complete(address: string): string {
    if (!isLinkLocal(address)) return address;
    this.#scope ??= onlyScope();
    return address + this.#scope;
  }
}

/** `%eth0` of `fe80::1%eth0`, or nothing. */
export function scopeOf(address: string): string {
  const at = address.indexOf("%");
  return at < 0 ? "" : address.slice(at);
}

/** True for an address of fe80::/10, with or without its scope. */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(address);
}

function onlyScope(): string {
  const names = Object.entries(knownInterfaces())
    .filter(([, addresses]) => addresses?.some(({ address }) => isLinkLocal(address)))
    .map(([name]) => name);
  return names.length === 1 ? `%${names[0]}` : "";
}
