import type { Capabilities, Feature, Support } from "../core/backend.ts";
import { type BunSockets, hearsOfIcmpErrors } from "./bun_open.ts";
import { needsLibc } from "./bun_notes.ts";
import { canTakeSockets } from "./bun_shared.ts";
import { isClusterWorker } from "./cluster_worker.ts";
import { sameFor } from "./feature_table.ts";
import { noteOfBufferSize } from "./ignored_buffer_size.ts";
import { OFFLOAD_NOTES, ONE_BY_ONE, show, showBatches, showOffloads, WITHOUT_OFFLOADS } from "./offload_support.ts";
import { isLinux, isMacOS, isWindows, NOT_ON_WINDOWS } from "./platform.ts";
import { showOptional } from "./optional_features.ts";
import { NOT_SPREAD, NOTES_ON_WINDOWS } from "./windows_notes.ts";

type Notes = Partial<Record<Feature, string | undefined>>;

const NEEDS_ADOPTION = "needs a Bun that opens sockets by their descriptors, as 1.4.0 does";

/** What is emulated without a connection in the kernel. */
const UNCONNECTED: Notes = {
  connect: "Bun.udpSocket connects only at creation: foreign datagrams are filtered outside the kernel",
  icmpErrors: "those of a connected socket, whichever peer they are about",
};

function notesWithoutLibc(): Notes {
  const remedy = needsLibc();
  return {
    ...OFFLOAD_NOTES,
    ...sameFor(ONLY_BY_LIBC, remedy),
    multicastTTL: "all but 0, which Bun.udpSocket rejects",
    recvBufferSize: noteOfBufferSize(remedy),
    sendBufferSize: noteOfBufferSize(remedy),
  };
}

/** What Bun.udpSocket has no method for. */
const ONLY_BY_LIBC = ["bindToDevice", "dontFragment", "pathMTU", "pause", "receiveInfo", "trafficClass"] as const;

const WITHOUT_ADOPTION: Notes = {
  fd: NEEDS_ADOPTION,
  pathMTU: NEEDS_ADOPTION,
  pause: NEEDS_ADOPTION,
  receiveInfo: NEEDS_ADOPTION,
};

/** What this Bun can do. */
export function bunCapabilities({ bun, libc, adopts }: BunSockets): Capabilities {
  const worker = isClusterWorker();
  const byLibc: Support = libc !== null ? "native" : "unavailable";
  const byBoth: Support = libc !== null && adopts ? "native" : "unavailable";
  const connects = byBoth === "native";
  const features: Record<Feature, Support> = {
    bindSync: "native",
    bindToDevice: byLibc,
    broadcast: "native",
    closeInTurn: "native",
    cluster: !worker || canTakeSockets() ? "native" : "unavailable",
    connect: connects ? "native" : "emulated",
    dontFragment: byLibc,
    fd: adopts ? "native" : "unavailable",
    // Elsewhere the kernel tells a socket that is not connected of none, or Bun has it tell of none (Windows).
    icmpErrors: connects ? "native" : isLinux() && (adopts || hearsOfIcmpErrors(bun)) ? "emulated" : "unavailable",
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
    reusePort: "native",
    sendBatch: "native",
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
    ...adopts ? {} : WITHOUT_ADOPTION,
    ...libc === null ? notesWithoutLibc() : {},
    sourcePortZero: "Bun.udpSocket drops what comes from port 0" +
      (byBoth === "native" ? ", but for sockets with receiveInfo, which libc reads" : ""),
  };
  if (features.icmpErrors === "unavailable") notes.icmpErrors = "this Bun's sockets do not hear of them";
  if (connects && worker) notes.pause = "not in a cluster worker, whose sockets are part of Bun's node:dgram";
  if (features.cluster === "unavailable") notes.cluster = "this Bun's node:dgram does not let its sockets be taken";
  if (libc !== null) {
    showOffloads(features, notes, libc, () => adopts);
    if (adopts) showBatches(features, notes, libc);
    showOptional(features, notes, libc, ["bindToDevice", "dontFragment", "reusePort", "trafficClass"]);
    if (adopts) showOptional(features, notes, libc, ["pathMTU", "receiveInfo"]);
  }
  if (isWindows()) {
    Object.assign(features, sameFor([...NOT_ON_WINDOWS, "reusePort"], "unavailable"), { sendBatch: "emulated" });
    Object.assign(notes, NOTES_ON_WINDOWS, { sendBatch: ONE_BY_ONE });
  } else if (isMacOS() && libc === null) {
    show(features, notes, "reusePort", () => false, "unavailable", NOT_SPREAD);
  }
  return { runtime: "bun", backend: "bun", features, notes };
}
