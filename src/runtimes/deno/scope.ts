import { knownInterfaces } from "./permissions.ts";
import { byScope, interfaceIndex } from "../common/interface_index.ts";
import { isWindows } from "../common/platform.ts";

/** How long what is known of the interfaces stands for the scope of a message: to ask the system takes 50 µs. */
const FRESH = 1000;

/**
 * The scopes of link-local addresses, which Deno 2.9.5 leaves out wherever it gives an address. What reaches a socket
 * that is bound to a link-local address has the scope of that one; else it is known if there is but one interface with
 * link-local addresses.
 */
export class LinkLocalScope {
  readonly #bound: string | undefined;

  /** @param bound the address that the socket was asked to bind to */
  constructor(bound: string) {
    if (isLinkLocal(bound)) this.#bound = scopeOf(bound);
  }

  /** The address with its scope, if it needs one that is known. */
  complete(address: string): string {
    return isLinkLocal(address) ? address + (this.#bound ?? onlyScope()) : address;
  }
}

/** `%eth0` of `fe80::1%eth0`, or nothing. */
export function scopeOf(address: string): string {
  const at = address.indexOf("%");
  return at < 0 ? "" : address.slice(at);
}

/** `fe80::1` of `fe80::1%eth0`. */
export function withoutScope(address: string): string {
  const at = address.indexOf("%");
  return at < 0 ? address : address.slice(0, at);
}

/** True for an address of fe80::/10, with or without its scope. */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(address);
}

/** True for a group whose scope is one link or one interface. */
export function isLinkLocalGroup(address: string): boolean {
  return /^ff[0-9a-f][12]:/i.test(address);
}

/**
 * The address with the scope that libuv would tell the kernel. Deno 2.9.5 has the system's resolver read a scope, which
 * refuses one on an address that is not link-local, where the kernel ignores it, and takes a number for an index.
 */
export function resolvable(address: string): string {
  const scope = scopeOf(address).slice(1);
  if (scope === "") return address;
  if (isLinkLocal(address) || /^ff[0-9a-f]2:/i.test(address)) return mayBeName(scope) ? address : withoutScope(address);
  // With a group of one interface, too, the kernel looks at it.
  const index = isLinkLocalGroup(address) ? interfaceIndex(scope, knownInterfaces()) : 0;
  return index === 0 ? withoutScope(address) : `${withoutScope(address)}%${index}`;
}

/** False for a number that is no interface's name, and not an index either, as it is on Windows. */
export function mayBeName(scope: string): boolean {
  return !/^\d+$/.test(scope) || isWindows() || Object.hasOwn(knownInterfaces(), scope);
}

let only = "";
let lookedAt = -FRESH;

function onlyScope(): string {
  const now = performance.now();
  if (now - lookedAt < FRESH) return only;
  lookedAt = now;
  const scopes = Object.entries(byScope(knownInterfaces()))
    .filter(([, addresses]) => addresses?.some(({ address }) => isLinkLocal(address)))
    .map(([scope]) => scope);
  return only = scopes.length === 1 ? `%${scopes[0]}` : "";
}
