/** The groups that one socket has joined. */
import type { Membership } from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import type { Interface, Interfaces } from "./interfaces.ts";
import { type IPAddress, readAddress } from "./ip_address.ts";

interface Joined {
  readonly group: string;
  readonly interface: Interface;
  /** The only senders to be heard; null if all are. */
  readonly sources: Set<string> | null;
}

/** What Linux allows one socket (net.ipv4.igmp_max_memberships): of IPv4. */
const MOST = 20;

export class Memberships {
  readonly #interfaces: Interfaces;
  readonly #joined: Joined[] = [];

  constructor(interfaces: Interfaces) {
    this.#interfaces = interfaces;
  }

  /** 0 or an errno. */
  join(membership: Membership): number {
    const found = this.#read(membership);
    if (typeof found === "number") return found;
    const { group, through, source } = found;
    const there = this.#find(group.text, through);
    if (source === undefined) {
      if (there !== undefined) return getErrno("EADDRINUSE");
      if (group.family === 4 && this.#joined.length >= MOST) return getErrno("ENOBUFS");
      this.#add(group.text, through, null);
      return 0;
    }
    if (there === undefined) this.#add(group.text, through, new Set([source]));
    else if (there.sources === null) return getErrno("EINVAL");
    else if (there.sources.has(source)) return getErrno("EADDRNOTAVAIL");
    else there.sources.add(source);
    return 0;
  }

  /** 0 or an errno. */
  leave(membership: Membership): number {
    const found = this.#read(membership);
    if (typeof found === "number") {
      const isOfAll = membership.source === undefined;
      return isOfAll && found === getErrno("ENODEV") ? getErrno("EADDRNOTAVAIL") : found;
    }
    const { group, through, source } = found;
    const there = this.#find(group.text, through);
    if (source === undefined) {
      if (there === undefined) return getErrno("EADDRNOTAVAIL");
      this.#remove(there);
      return 0;
    }
    if (there === undefined) return getErrno("EINVAL");
    if (there.sources === null) return getErrno("EINVAL");
    if (!there.sources.delete(source)) return getErrno("EADDRNOTAVAIL");
    if (there.sources.size === 0) this.#remove(there);
    return 0;
  }

  /**
   * Whether this socket takes what comes for a group from there. As on Linux it does if it has not joined that group
   * itself, as long as somebody on this host has.
   */
  admits(group: string, through: Interface, source: string): boolean {
    const there = this.#find(group, through);
    return there === undefined || there.sources === null || there.sources.has(source);
  }

  clear(): void {
    for (const each of [...this.#joined]) this.#remove(each);
  }

  #find(group: string, through: Interface): Joined | undefined {
    return this.#joined.find((each) => each.group === group && each.interface === through);
  }

  #add(group: string, through: Interface, sources: Set<string> | null): void {
    this.#joined.push({ group, interface: through, sources });
    through.groups.set(group, (through.groups.get(group) ?? 0) + 1);
  }

  #remove(joined: Joined): void {
    this.#joined.splice(this.#joined.indexOf(joined), 1);
    const { group, interface: { groups } } = joined;
    const left = groups.get(group)! - 1;
    if (left > 0) groups.set(group, left);
    else groups.delete(group);
  }

  #read(membership: Membership): { group: IPAddress; through: Interface; source: string | undefined } | number {
    const group = readAddress(membership.group);
    if (group === null || group.reach !== "multicast") {
      return getErrno(group?.family === 4 && membership.source === undefined ? "EADDRNOTAVAIL" : "EINVAL");
    }
    const through = this.#interfaceOf(group, membership.interface);
    if (through === undefined) return getErrno("ENODEV");
    const source = membership.source === undefined ? undefined : readAddress(membership.source)?.text;
    return { group, through, source };
  }

  #interfaceOf({ family, scope }: IPAddress, given: string | undefined): Interface | undefined {
    const all = this.#interfaces;
    const byDefault = (): Interface | undefined => all.outward(family) ?? (family === 6 ? all.loopback : undefined);
    if (given === undefined) return scope === undefined ? byDefault() : all.named(scope);
    const address = readAddress(given);
    if (address === null) return undefined;
    if (address.scope !== undefined) return all.named(address.scope);
    return address.reach === "any" ? byDefault() : all.owning(address);
  }
}
