import { isIPv4, isIPv6 } from "../../core/ip.ts";
import type { Membership } from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { anyAddress, canonicalPeer, isMulticast } from "../../core/numeric_address.ts";
import { canBeMember } from "./membership_probe.ts";
import { knownInterfaces } from "./permissions.ts";
import { isLinux } from "../common/platform.ts";

/**
 * Why the kernel refused a membership, for which Deno 2.9.5's node:dgram says EINVAL always. Asked after a refusal
 * only: what was joined is remembered for the name of the reason, and an interface that went has taken its memberships
 * with it. Whether the interface is there is asked of the kernel, through another socket.
 */
export class Memberships {
  /** By group, what was joined and not left. */
  readonly #joined = new Map<string, Membership[]>();

  /** Why the kernel refused to join, in the order in which Linux looks. */
  errnoOfJoin(membership: Membership): number {
    const { group, source } = membership;
    const joined = this.#of(group);
    // Linux looks for the interface before for IPv4 only.
    const isMember = joined.length > 0;
    if (isIPv6(group) && isMember) return getErrno("EADDRINUSE");
    const isThere = isInterfaceThere(membership);
    if (isThere === false || (isThere === undefined && !isMember)) return noInterface();
    if (source === undefined && isMember) return getErrno("EADDRINUSE");
    // The socket has too many groups, or the group too many sources.
    if (joined.some((other) => other.source === source)) return getErrno("EADDRNOTAVAIL");
    return getErrno(isLinux() ? "ENOBUFS" : "EINVAL");
  }

  /** Why the kernel refused to leave, in the order in which Linux looks. */
  errnoOfLeave(membership: Membership): number {
    const { group, interface: through, source } = membership;
    // No other socket can be a member of what is no group.
    if (!isMulticast(group)) return getErrno(isIPv6(group) || source !== undefined ? "EINVAL" : "EADDRNOTAVAIL");
    if (isIPv6(group)) return getErrno("EADDRNOTAVAIL");
    const isDefault = through === undefined || through === "0.0.0.0";
    if ((isDefault || source !== undefined) && isInterfaceThere(membership) === false) return noInterface();
    return getErrno(source === undefined || this.#of(group).length > 0 ? "EADDRNOTAVAIL" : "EINVAL");
  }

  joined(membership: Membership): void {
    const others = this.#of(membership.group).filter((other) => !isSame(other, membership));
    this.#joined.set(canonicalPeer(membership.group), [...others, membership]);
  }

  left({ group, interface: through, source }: Membership): void {
    const joined = this.#of(group);
    // Without a source all of them are left.
    const ofSource = joined.filter((other) => source === undefined || other.source === source);
    const here = ofSource.filter((other) => other.interface === through);
    // The interface may have been named otherwise.
    const left = here.length > 0 ? here : ofSource.slice(0, 1);
    const rest = joined.filter((other) => !left.includes(other));
    if (rest.length > 0) this.#joined.set(canonicalPeer(group), rest);
    else this.#joined.delete(canonicalPeer(group));
  }

  #of(group: string): Membership[] {
    return this.#joined.get(canonicalPeer(group)) ?? [];
  }
}

/** What the kernel says of an interface that is not there. */
export function noInterface(): number {
  return getErrno(isLinux() ? "ENODEV" : "EADDRNOTAVAIL");
}

function isSame(one: Membership, other: Membership): boolean {
  return one.interface === other.interface && one.source === other.source;
}

/** Whether a group could be joined there; undefined where neither the kernel nor the interfaces tell it. */
function isInterfaceThere(membership: Membership): boolean | undefined {
  return canBeMember(membership) ?? isOwnAddress(membership.interface);
}

/** Whether an IPv4 address is one of this machine's interfaces, or none in particular; undefined where nothing tells it. */
export function isOwnAddress(through: string | undefined): boolean | undefined {
  if (through === undefined || !isIPv4(through)) return undefined;
  const addresses = Object.values(knownInterfaces()).flatMap((addresses) => addresses ?? []);
  if (addresses.length === 0) return undefined;
  return through === anyAddress(4) || through.startsWith("127.") ||
    addresses.some(({ address }) => address === through);
}
