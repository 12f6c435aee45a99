import type { networkInterfaces } from "node:os";
import { builtin } from "../../core/builtins.ts";
import { isWindows } from "./platform.ts";

/** What `os.networkInterfaces()` answers. */
export type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * The index of the interface that an IPv6 scope names (the part after `%`); 0, which stands for the default interface,
 * if there is none of that name. A number is an index on Windows only: elsewhere libuv looks for an interface of that
 * name.
 */
export function interfaceIndex(scope: string, interfaces: Interfaces = builtin("os").networkInterfaces()): number {
  if (isWindows()) return Number.parseInt(scope, 10) || 0;
  const addresses = Object.hasOwn(interfaces, scope) ? interfaces[scope] ?? [] : [];
  for (const address of addresses) {
    // Only link-local addresses tell it.
    if (address.family === "IPv6" && address.scopeid) return address.scopeid;
  }
  // The loopback interface has no link-local address on Linux; it is the first one that a kernel makes.
  return addresses.some((address) => address.internal) ? 1 : 0;
}

/** The interfaces' addresses by the scope that libuv gives each: its name, or on Windows its index. */
export function byScope(interfaces: Interfaces): Interfaces {
  if (!isWindows()) return interfaces;
  const scopes: Interfaces = {};
  for (const addresses of Object.values(interfaces)) {
    const index = addresses?.find((address) => address.family === "IPv6" && address.scopeid)?.scopeid;
    if (index !== undefined) scopes[index] = addresses;
  }
  return scopes;
}
