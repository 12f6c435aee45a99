import type { Socket as DgramSocket } from "node:dgram";
import { isIPv4 } from "../../core/ip.ts";
import type { Membership } from "../../core/backend.ts";
import { mayUseHost } from "./permissions.ts";
import { mayBeName, scopeOf } from "./scope.ts";
import { attempt } from "../common/errno.ts";
import { createDgram } from "../node/dgram.ts";

/**
 * Runs `use` beside another socket that is a member of the group meanwhile, if the kernel lets one be: no router sees
 * what `use` does to memberships of that group. It is told whether there is one, or undefined where nothing can be
 * asked, since --allow-net covers no port of the loopback address.
 */
export function besideMember(membership: Membership, use: (isMember: boolean | undefined) => number): number {
  const family = isIPv4(membership.group) ? 4 : 6;
  const loopback = family === 4 ? "127.0.0.1" : "::1";
  if (!mayUseHost(loopback, 0)) return use(undefined);
  const probe = createDgram({ family, reuseAddr: false, ipv6Only: false });
  probe.on("error", () => {});
  try {
    if (attempt(() => probe.bind(0, loopback)) !== 0) return use(undefined);
    const isMember = changeGroup(probe, "addMembership", membership) === 0;
    const result = use(isMember);
    // It closes on a later turn.
    if (isMember) changeGroup(probe, "dropMembership", membership);
    return result;
  } finally {
    probe.close();
  }
}

/** Whether the kernel lets another socket be a member of the group there; undefined where nothing can be asked. */
export function canBeMember(membership: Membership): boolean | undefined {
  let can: boolean | undefined;
  besideMember(membership, (isMember) => {
    can = isMember;
    return 0;
  });
  return can;
}

/** Joins or leaves a group, from whichever source: 0, or EINVAL for whatever the kernel said (Deno 2.9.5). */
export function changeGroup(
  socket: DgramSocket,
  change: "addMembership" | "dropMembership",
  { group, interface: through }: Membership,
): number {
  return attempt(() => socket[change](group, through && asDenoReads(through)));
}

/**
 * An IPv6 interface as Deno reads it: the scope alone names it, as for libuv, where Deno 2.9.5 takes an address for its
 * interface too, and Deno 2.8 a number for an index. What names none is the default one for both. Whether an interface
 * is there is Deno's to say: who lists them does not tell the index of one without a link-local address.
 */
export function asDenoReads(through: string): string {
  if (isIPv4(through)) return through;
  const scope = scopeOf(through).slice(1);
  return scope !== "" && mayBeName(scope) ? `::%${scope}` : "::";
}
