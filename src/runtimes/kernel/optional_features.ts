/**
 * What a kernel may lack though its constants are right: gVisor knows fewer socket options than Linux does, and a sandbox
 * may refuse some. It is seen on throwaway sockets, since a bind that fails would tell it too late.
 */
import type { Capabilities, Feature, Support } from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { anyAddress } from "../../core/numeric_address.ts";
import { DescriptorOptions } from "./options.ts";
import type { Descriptor } from "../libc/descriptor.ts";
import { isShortage } from "../libc/error_numbers.ts";
import type { Libc } from "../libc/libc.ts";
import { ReceiveBatch } from "../libc/receive_batch.ts";
import { throwaway } from "../libc/throwaway.ts";
import { canWake } from "../libc/stand_in.ts";
import { show } from "./offload_support.ts";
import { askForInfo } from "./receive_info.ts";

/** Those that are an option of one number. */
type Numeric =
  | "broadcast"
  | "multicastLoopback"
  | "multicastTTL"
  | "recvBufferSize"
  | "reuseAddr"
  | "reusePort"
  | "sendBufferSize"
  | "ttl";

type Probed =
  | "bindToDevice"
  | "dontFragment"
  | "ipv6Only"
  | "membership"
  | "multicastInterface"
  | "pathMTU"
  | "receiveInfo"
  | "sourceSpecificMembership"
  | "trafficClass";

/** A feature that is looked at. */
export type Optional = Numeric | Probed;

/** What a new socket may be given. */
const VALUES: Readonly<Record<Numeric, number>> = {
  broadcast: 1,
  multicastLoopback: 1,
  multicastTTL: 1,
  recvBufferSize: 20_480,
  reuseAddr: 1,
  reusePort: 1,
  sendBufferSize: 20_480,
  ttl: 64,
};

/** Whether a new socket, which is bound to nothing, has each of the others. The network hears of none. */
const PROBES: Readonly<Record<Probed, (socket: Descriptor, libc: Libc) => boolean>> = {
  // Who may not bind to one is told EPERM, by bindToDevice().
  bindToDevice: (socket) => [0, getErrno("EPERM")].includes(socket.bindToDevice("")),
  dontFragment: (socket) => new DescriptorOptions(socket).setDontFragment(true) === 0,
  ipv6Only: (socket) => socket.family === 4 || socket.set("ipv6Only", 1) === 0,
  membership: (socket) => looksAtGroup(socket),
  multicastInterface: (socket) => socket.setMulticastInterface(anyAddress(socket.family)) === 0,
  pathMTU: (socket) => socket.get("pathMTU") === getErrno("ENOTCONN"),
  receiveInfo: (socket, libc) =>
    askForInfo(socket) === 0 && socket.receive(new ReceiveBatch(true), 1) === 0 && canWake(libc),
  sourceSpecificMembership: (socket) => looksAtGroup(socket, anyAddress(socket.family)),
  trafficClass: (socket) => new DescriptorOptions(socket).setTrafficClass(0) === 0,
};

/** The note of what is lacking. */
export const REFUSED = "the kernel, or a sandbox, refuses the system calls that it takes";

/** Of an address that is none of a group only a kernel that has memberships says EINVAL. */
function looksAtGroup(socket: Descriptor, source?: string): boolean {
  return socket.join({ group: anyAddress(socket.family), interface: undefined, source }) === getErrno("EINVAL");
}

const ALL = Object.keys({ ...VALUES, ...PROBES }) as Optional[];

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
    for (const feature of ALL) if (!isThere(feature, socket, libc)) lacking.add(feature);
    socket.close();
  }
  return lacking;
}

function takes(socket: Descriptor, option: Numeric): boolean {
  return socket.set(option, VALUES[option]) === 0 && socket.get(option) >= 0;
}

/** What throws is no call of the kernel's. */
function isThere(feature: Optional, socket: Descriptor, libc: Libc): boolean {
  try {
    return feature in VALUES ? takes(socket, feature as Numeric) : PROBES[feature as Probed](socket, libc);
  } catch {
    return false;
  }
}

/** Has features and notes tell which are there, which is looked at when somebody asks. */
export function showOptional(
  features: Record<Feature, Support>,
  notes: { -readonly [F in Feature]?: Capabilities["notes"][F] },
  libc: Libc,
  except: readonly Optional[],
): void {
  for (const feature of ALL) {
    if (!except.includes(feature)) {
      const note = libc.layout.lacks[feature] ?? REFUSED;
      show(features, notes, feature, () => !lacks(libc, feature), "unavailable", note);
    }
  }
}
