import { isIPv4, isIPv6 } from "../core/ip.ts";
import type { Membership } from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import { canonicalPeer, isMulticast } from "../core/numeric_address.ts";
import { knownInterfaces } from "./deno_permissions.ts";
import { scopeOf } from "./deno_scope.ts";
import { interfaceIndex } from "./interface_index.ts";

/** Linux's net.ipv4.igmp_max_memberships, unless changed. */
const MOST_GROUPS = 20;

/** Stands for the interface of all addresses in 127.0.0.0/8, most of which it doesn't name. */
const LOOPBACK = "127";

/**
 * The memberships of a socket, kept for the reasons of failures: Deno 2.9.5 tells a join's too late
 * (Deno.listenDatagram), or tells EINVAL for all (node:dgram).
 */
export class Memberships {
  /** For each group on an interface its sources; none stands for all. */
  readonly #groups = new Map<string, Set<string>>();

  /** Why the kernel would refuse to join twice, or 0. */
  errnoOfRepeat({ group, interface: through, source }: Membership): number {
    const sources = this.#groups.get(keyOf(group, through));
    if (sources === undefined) return 0;
    if (source === undefined) return getErrno("EADDRINUSE");
    return sources.has(source) ? getErrno("EADDRNOTAVAIL") : 0;
  }

  /** Why the kernel refused to join, as far as that can be told. */
  errnoOfJoin(membership: Membership): number {
    const repeated = this.errnoOfRepeat(membership);
    if (repeated !== 0) return repeated;
    return getErrno(this.#groups.size >= MOST_GROUPS && isIPv4(membership.group) ? "ENOBUFS" : "ENODEV");
  }

  /** Why the kernel refused to leave, as far as that can be told. */
  errnoOfLeave({ group, interface: through, source }: Membership): number {
    if (isIPv6(group) && !isMulticast(group)) return getErrno("EINVAL");
    if (source !== undefined && !this.#groups.has(keyOf(group, through))) {
      return getErrno(isForeign(through) ? "ENODEV" : "EINVAL");
    }
    return getErrno("EADDRNOTAVAIL");
  }

  joined({ group, interface: through, source }: Membership): void {
    const key = keyOf(group, through);
    const sources = this.#groups.get(key) ?? new Set();
    if (source !== undefined) sources.add(source);
    this.#groups.set(key, sources);
  }

  left({ group, interface: through, source }: Membership): void {
    const key = keyOf(group, through);
    const sources = this.#groups.get(key);
    if (source !== undefined) sources?.delete(source);
    if (source === undefined || sources?.size === 0) this.#groups.delete(key);
  }
}

/** The kernel tells a group's memberships apart by the interface, however that is named. */
function keyOf(group: string, through: string | undefined): string {
  return `${canonicalPeer(group)} ${interfaceOf(through)}`;
}

function interfaceOf(through: string | undefined): string {
  if (through === undefined || through === "0.0.0.0") return "";
  if (through.startsWith("127.")) return LOOPBACK;
  const interfaces = knownInterfaces();
  if (!isIPv4(through)) {
    const scope = scopeOf(through).slice(1);
    return Object.keys(interfaces).length > 0 && interfaceIndex(scope, interfaces) === 0 ? "" : scope;
  }
  for (const [name, addresses] of Object.entries(interfaces)) {
    if (addresses?.some(({ address }) => address === through)) return name;
  }
  return through;
}

/** True for an IPv4 address that is known to be on none of this machine's interfaces. */
function isForeign(through: string | undefined): boolean {
  if (through === undefined || through.startsWith("127.")) return false;
  const addresses = Object.values(knownInterfaces()).flatMap((addresses) => addresses ?? []);
  return addresses.length > 0 && addresses.every(({ address }) => address !== through);
}
