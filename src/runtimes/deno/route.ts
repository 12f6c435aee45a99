import { isIPv4 } from "../../core/ip.ts";
import type { NetworkInterfaceInfo } from "node:os";
import { builtin } from "../../core/builtins.ts";
import { getErrno } from "../../core/errors.ts";
import { knownInterfaces } from "./permissions.ts";
import { isLinkLocal, isLinkLocalGroup, scopeOf, withoutScope } from "./scope.ts";
import { byScope } from "../common/interface_index.ts";
import { isLinux, isMacOS, isWindows } from "../common/platform.ts";

const MAPPED = /^::ffff:(?=\d+\.)/i;

/**
 * The local address that the kernel would send from, as far as the interfaces tell it: no API of Deno 2.9.5 asks the
 * kernel. Where it can't be told it stays the one that the socket is bound to.
 */
export function sourceAddress(to: string, bound: string): string {
  if (bound !== "0.0.0.0" && bound !== "::") return bound;
  if (MAPPED.test(to)) {
    const source = sourceAddress(to.replace(MAPPED, ""), "0.0.0.0");
    return source === "0.0.0.0" ? bound : `::ffff:${source}`;
  }
  if (to.startsWith("127.")) return "127.0.0.1";
  if (to === "::1") return to;
  const candidates = externalAddresses(to);
  const near = candidates.find(({ address }) => address === to) ?? candidates.find((own) => contains(own, to));
  const source = near ?? (candidates.length === 1 ? candidates[0] : undefined);
  if (source === undefined) return bound;
  return isLinkLocal(source.address) ? source.address + scopeOf(to) : source.address;
}

/** Why the kernel would not connect to that peer, as far as that can be told: an errno, or 0. */
export function connectErrno(to: string, broadcast: boolean, bound: string): number {
  // There the first send tells it.
  if (isMacOS()) return 0;
  // Windows takes the default interface.
  const needsScope = !isWindows() && (isLinkLocal(to) || isLinkLocalGroup(to));
  if (needsScope && scopeOf(to) === "" && !isLinkLocal(bound)) return getErrno("EINVAL");
  return routeErrno(to, broadcast, bound);
}

/** Why the kernel would not send there, as far as that can be told: an errno, or 0. */
export function routeErrno(to: string, broadcast: boolean, bound: string): number {
  if (MAPPED.test(to)) {
    const isV4 = bound === "::" || MAPPED.test(bound);
    return isV4 ? routeErrno(to.replace(MAPPED, ""), broadcast, bound.replace(MAPPED, "")) : getErrno("ENETUNREACH");
  }
  if (!isIPv4(to)) return 0;
  // From loopback to a net that is there: Linux takes it for a martian.
  if (
    isLinux() && bound.startsWith("127.") &&
    externalAddresses(to).some((own) => own.address !== to && contains(own, to))
  ) {
    return getErrno("EINVAL");
  }
  return !broadcast && isBroadcast(to) ? getErrno("EACCES") : 0;
}

/** This machine's addresses that could be the source for a destination. */
function externalAddresses(to: string): NetworkInterfaceInfo[] {
  const family = isIPv4(to) ? "IPv4" : "IPv6";
  const local = isLinkLocal(to) || isLinkLocalGroup(to);
  const scope = scopeOf(to).slice(1);
  const found: NetworkInterfaceInfo[] = [];
  const interfaces = knownInterfaces();
  for (const [name, addresses] of Object.entries(scope === "" ? interfaces : byScope(interfaces))) {
    if (scope !== "" && scope !== name) continue;
    for (const own of addresses ?? []) {
      if (!own.internal && own.family === family && (isLinkLocal(own.address) === local)) found.push(own);
    }
  }
  return found;
}

function contains({ address, cidr, family }: NetworkInterfaceInfo, to: string): boolean {
  const subnet = new (builtin("net").BlockList)();
  const type = family === "IPv4" ? "ipv4" : "ipv6";
  subnet.addSubnet(address, Number(cidr?.split("/")[1] ?? 128), type);
  return subnet.check(withoutScope(to), type);
}

function isBroadcast(to: string): boolean {
  if (to === "255.255.255.255" || to === "127.255.255.255") return true;
  return externalAddresses(to).some(({ address, netmask }) => {
    const mask = toNumber(netmask);
    // A net of one or two addresses has no broadcast address.
    return (mask | 1) !== -1 && (toNumber(address) | ~mask) === toNumber(to);
  });
}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => (sum << 8) | Number(part), 0);
}
