/**
 * What a kernel may lack though its constants are right: gVisor knows fewer socket options than Linux does, and a sandbox
 * may refuse some. It is seen on throwaway sockets, since a bind that fails would tell it too late.
 */
import type { Capabilities, Feature, Support } from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import { DescriptorOptions } from "./descriptor_options.ts";
import type { Descriptor } from "./libc/descriptor.ts";
import { isShortage } from "./libc/error_numbers.ts";
import type { Libc } from "./libc/libc.ts";
import { ReceiveBatch } from "./libc/receive_batch.ts";
import { throwaway } from "./libc/self_test.ts";
import { show } from "./offload_support.ts";
import { askForInfo } from "./receive_info.ts";

/** A feature that is looked at. */
export type Optional = "bindToDevice" | "dontFragment" | "pathMTU" | "receiveInfo" | "reusePort" | "trafficClass";

/** The note of what is lacking. */
export const REFUSED = "the kernel, or a sandbox, refuses the system calls that it takes";

/** Whether a new socket, which is bound to nothing, has each. */
const PROBES: Readonly<Record<Optional, (socket: Descriptor) => boolean>> = {
  // Who may not bind to one is told EPERM, by bindToDevice().
  bindToDevice: (socket) => [0, getErrno("EPERM")].includes(socket.bindToDevice("")),
  dontFragment: (socket) => new DescriptorOptions(socket).setDontFragment(true) === 0,
  pathMTU: (socket) => socket.get("pathMTU") === getErrno("ENOTCONN"),
  receiveInfo: (socket) => askForInfo(socket) === 0 && socket.receive(new ReceiveBatch(true), 1) === 0,
  reusePort: (socket) => socket.set("reusePort", 1) === 0,
  trafficClass: (socket) => new DescriptorOptions(socket).setTrafficClass(0) === 0,
};

const seen = new WeakMap<Libc, ReadonlySet<Optional>>();

/** True if sockets lack the feature here. While that can't be told, a bind will tell. */
export function lacks(libc: Libc, feature: Optional): boolean {
  const lacking = seen.get(libc) ?? findLacking(libc);
  if (lacking === null) return false;
  seen.set(libc, lacking);
  return lacking.has(feature);
}

function findLacking(libc: Libc): ReadonlySet<Optional> | null {
  const lacking = new Set<Optional>();
  for (const family of [4, 6] as const) {
    const socket = throwaway(libc, family);
    if (typeof socket === "number") {
      if (isShortage(socket)) return null;
      continue;
    }
    for (const feature of Object.keys(PROBES) as Optional[]) if (!PROBES[feature](socket)) lacking.add(feature);
    socket.close();
  }
  return lacking;
}

/** Has features and notes tell which are there, which is looked at when somebody asks. */
export function showOptional(
  features: Record<Feature, Support>,
  notes: { -readonly [F in Feature]?: Capabilities["notes"][F] },
  libc: Libc,
  which: readonly Optional[],
): void {
  for (const feature of which) {
    const note = libc.layout.lacks[feature] ?? REFUSED;
    show(features, notes, feature, () => !lacks(libc, feature), "unavailable", note);
  }
}
