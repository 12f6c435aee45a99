import type { Capabilities, Feature, Support } from "../core/backend.ts";
import { type BunSockets, hearsOfIcmpErrors } from "./bun_open.ts";
import { NEEDS_LIBC } from "./bun_notes.ts";
import { canTakeSockets } from "./bun_shared.ts";
import { isClusterWorker } from "./cluster_worker.ts";
import { noteOfBufferSize } from "./ignored_buffer_size.ts";
import { getProcess } from "../core/process.ts";
import { MACOS } from "./libc/macos.ts";
import { OFFLOAD_NOTES, showBatches, showOffloads, WITHOUT_OFFLOADS } from "./offload_support.ts";
import { showOptional } from "./optional_features.ts";

type Notes = Partial<Record<Feature, string | undefined>>;

const NEEDS_ADOPTION = "needs a Bun that opens sockets by their descriptors, as 1.4.0 does";

/** What is emulated without a connection in the kernel. */
const UNCONNECTED: Notes = {
  connect: "Bun.udpSocket connects only at creation: foreign datagrams are filtered outside the kernel",
  icmpErrors: "those of a connected socket, whichever peer they are about",
};

const WITHOUT_LIBC: Notes = {
  ...OFFLOAD_NOTES,
  bindToDevice: NEEDS_LIBC,
  dontFragment: NEEDS_LIBC,
  multicastTTL: "all but 0, which Bun.udpSocket rejects",
  pathMTU: NEEDS_LIBC,
  pause: NEEDS_LIBC,
  receiveInfo: NEEDS_LIBC,
  recvBufferSize: noteOfBufferSize(NEEDS_LIBC),
  sendBufferSize: noteOfBufferSize(NEEDS_LIBC),
  trafficClass: NEEDS_LIBC,
};

const CLOSES = "Bun closes a connected socket there, unheard, when the kernel tells it that the peer is not there";

const ON_MACOS: Notes = {
  ...OFFLOAD_NOTES,
  connect: `foreign datagrams are filtered outside the kernel, since ${CLOSES}`,
  icmpErrors: `macOS tells them to connected sockets alone, and ${CLOSES}`,
  reusePort: MACOS.lacks.reusePort,
  sendBatch: "Bun makes a system call for each datagram that has an address",
};

const WITHOUT_ADOPTION: Notes = {
  fd: NEEDS_ADOPTION,
  pathMTU: NEEDS_ADOPTION,
  pause: NEEDS_ADOPTION,
  receiveInfo: NEEDS_ADOPTION,
};

/** What this Bun can do. */
export function bunCapabilities({ bun, libc, adopts, connects }: BunSockets): Capabilities {
  const worker = isClusterWorker();
  const byLibc: Support = libc !== null ? "native" : "unavailable";
  const byBoth: Support = libc !== null && adopts ? "native" : "unavailable";
  const isMac = getProcess().platform === "darwin";
  const features: Record<Feature, Support> = {
    bindSync: "native",
    bindToDevice: byLibc,
    broadcast: "native",
    closeInTurn: "native",
    cluster: !worker || canTakeSockets() ? "native" : "unavailable",
    connect: connects ? "native" : "emulated",
    dontFragment: byLibc,
    fd: adopts ? "native" : "unavailable",
    icmpErrors: connects ? "native" : !isMac && (adopts || hearsOfIcmpErrors(bun)) ? "emulated" : "unavailable",
    ipv6Only: "native",
    linkLocalScope: "native",
    membership: "native",
    multicastInterface: "native",
    multicastLoopback: "native",
    multicastTTL: "native",
    pathMTU: byBoth,
    pause: worker ? "unavailable" : byBoth,
    receiveInfo: byBoth,
    ...WITHOUT_OFFLOADS,
    recvBufferSize: libc !== null ? "native" : "emulated",
    reuseAddr: "native",
    reusePort: isMac ? "unavailable" : "native",
    sendBatch: isMac ? "emulated" : "native",
    sendBufferSize: libc !== null ? "native" : "emulated",
    sendErrors: "native",
    sendInTurn: "native",
    sourcePortZero: "unavailable",
    sourceSpecificMembership: "native",
    trafficClass: byLibc,
    ttl: "native",
  };
  const notes: Notes = {
    ...connects ? {} : UNCONNECTED,
    ...libc === null ? WITHOUT_LIBC : {},
    ...adopts ? {} : WITHOUT_ADOPTION,
    sourcePortZero: "Bun.udpSocket drops what comes from port 0, but for sockets with receiveInfo, which libc reads",
  };
  if (features.icmpErrors === "unavailable") notes.icmpErrors = "this Bun's sockets do not hear of them";
  if (isMac) Object.assign(notes, ON_MACOS);
  if (byBoth === "native" && worker) {
    notes.pause = "not in a cluster worker, whose sockets are part of Bun's node:dgram";
  }
  if (features.cluster === "unavailable") notes.cluster = "this Bun's node:dgram does not let its sockets be taken";
  if (libc !== null) {
    showOffloads(features, notes, libc, () => adopts);
    if (adopts && !isMac) showBatches(features, notes, libc);
    showOptional(features, notes, libc, ["bindToDevice", "dontFragment", "reusePort", "trafficClass"]);
    if (adopts) showOptional(features, notes, libc, ["pathMTU", "receiveInfo"]);
  }
  return { runtime: "bun", backend: "bun", features, notes };
}
