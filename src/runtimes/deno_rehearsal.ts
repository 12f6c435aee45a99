import { isIPv4 } from "../core/ip.ts";
import type { Membership } from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import { createDgram } from "./node_dgram.ts";
import { mayUseHost } from "./deno_permissions.ts";

/**
 * Joins a group if a throwaway socket could: Deno.listenDatagram tells of a join's failure on a later turn only
 * (Deno 2.9.5), node:dgram in the call. The two are members together, so that no router sees one leave.
 */
export function joinIfPossible({ group, interface: through }: Membership, join: () => void): number {
  const family = isIPv4(group) ? 4 : 6;
  const loopback = family === 4 ? "127.0.0.1" : "::1";
  if (!mayUseHost(loopback, 0)) {
    join();
    return 0;
  }
  const probe = createDgram({ family, reuseAddr: false, ipv6Only: false });
  probe.on("error", () => {});
  try {
    probe.bind(0, loopback);
    probe.addMembership(group, through);
    join();
    // It closes on a later turn.
    probe.dropMembership(group, through);
    return 0;
  } catch {
    return getErrno("ENODEV");
  } finally {
    probe.close();
  }
}
