import { isIPv4, isIPv6 } from "../../core/ip.ts";
import type { Membership } from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { canonicalPeer } from "../../core/numeric_address.ts";
import { besideMember } from "./membership_probe.ts";
import { noInterface } from "./memberships.ts";
import { callSetter } from "./setters.ts";
import type { DatagramConn } from "./types.ts";
import { errnoOf } from "../common/errno.ts";

/**
 * The groups of a socket of `Deno.listenDatagram`. Deno 2.9.5 carries a join out in the call and tells how it ended by
 * a promise that is settled a microtask later; how a drop ended can be seen in the call. So the kernel is asked by
 * dropping: what can be dropped was joined, and is joined again at once.
 */
export class Groups {
  readonly #conn: DatagramConn;
  /** How often each IPv6 group was joined and not left: nothing but its socket changes that list of the kernel's. */
  readonly #joined = new Map<string, number>();

  constructor(conn: DatagramConn) {
    this.#conn = conn;
  }

  /**
   * @param index the interface's, for an IPv6 group; 0 for the default one
   * @param failed told of a failure that shows on a later turn only
   * @returns 0 or an errno
   */
  join(membership: Membership, index: number, failed: (errno: number) => void): number {
    const isV4 = isIPv4(membership.group);
    return besideMember(membership, (possible) => {
      // Linux looks for the interface before for IPv4 only.
      if (isV4 && possible === false) return noInterface();
      if (this.#isJoined(membership, index)) return getErrno("EADDRINUSE");
      if (possible === false) return noInterface();
      const joining = this.#join(membership, index);
      // Without another member there a router would see the group left.
      if (possible !== undefined) {
        if (this.#drop(membership, index) !== 0) return getErrno("ENOBUFS");
        this.#join(membership, index);
      }
      this.#count(membership, 1);
      joining.catch((error) => {
        this.#count(membership, -1);
        failed(errnoOf(error));
      });
      return 0;
    });
  }

  /** @returns 0 or an errno */
  leave(membership: Membership, index: number): number {
    const result = this.#drop(membership, index);
    if (result === 0) this.#count(membership, -1);
    return result;
  }

  #isJoined(membership: Membership, index: number): boolean {
    // The default interface stands for all of them here, and a drop would take the newest, on whichever that is.
    if (isIPv6(membership.group) && index === 0) return (this.#joined.get(keyOf(membership)) ?? 0) > 0;
    if (this.#drop(membership, index) !== 0) return false;
    this.#join(membership, index);
    return true;
  }

  #join({ group, interface: through }: Membership, index: number): Promise<unknown> {
    const joining = isIPv4(group)
      ? this.#conn.joinMulticastV4(group, through ?? "0.0.0.0")
      : this.#conn.joinMulticastV6(group, index);
    joining.catch(() => {});
    return joining;
  }

  #drop({ group, interface: through }: Membership, index: number): number {
    return isIPv4(group)
      ? callSetter(this.#conn, "dropMembership", false, group, through ?? "0.0.0.0")
      : callSetter(this.#conn, "dropMembership", true, group, index);
  }

  #count(membership: Membership, change: number): void {
    if (isIPv4(membership.group)) return;
    const count = (this.#joined.get(keyOf(membership)) ?? 0) + change;
    if (count > 0) this.#joined.set(keyOf(membership), count);
    else this.#joined.delete(keyOf(membership));
  }
}

function keyOf({ group }: Membership): string {
  return canonicalPeer(group);
}
