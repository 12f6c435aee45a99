import type { Capabilities, Feature, Support } from "../../core/backend.ts";
import { type BunSockets, hearsOfIcmpErrors } from "./open.ts";
import { needsLibc } from "./notes.ts";
import { canTakeSockets } from "./shared.ts";
import { isClusterWorker } from "../common/cluster_worker.ts";
import { featureTable, sameFor } from "../common/feature_table.ts";
import { noteOfBufferSize } from "../common/ignored_buffer_size.ts";
import { MACOS } from "../libc/macos.ts";
import { canExchange } from "../libc/stand_in.ts";
import {
  OFFLOAD_NOTES,
  ONE_BY_ONE,
  show,
  showBatches,
  showOffloads,
  WITHOUT_OFFLOADS,
} from "../kernel/offload_support.ts";
import { isLinux, isMacOS, isWindows, NOT_ON_WINDOWS } from "../common/platform.ts";
import { REFUSED, showOptional } from "../kernel/optional_features.ts";
import { NOTES_ON_WINDOWS } from "../common/windows_notes.ts";

type Notes = Partial<Record<Feature, string | undefined>>;

/** What takes a Bun that opens sockets by their descriptors. */
const BY_ADOPTION = ["cluster", "fd", "pathMTU", "pause", "receiveInfo"] as const;

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

const ON_MACOS: Notes = {
  ...OFFLOAD_NOTES,
  connect: "foreign datagrams are filtered outside the kernel, since ICMP errors close sockets",
  icmpErrors: "macOS tells them to connected sockets, which Bun closes",
  reusePort: MACOS.lacks.reusePort,
  sendBatch: ONE_BY_ONE,
};

/** What this Bun can do. */
export function bunCapabilities({ bun, libc, adopts, connects }: BunSockets): Capabilities {
  const worker = isClusterWorker();
  const byLibc: Support = libc !== null ? "native" : "unavailable";
  const byBoth: Support = libc !== null && adopts ? "native" : "unavailable";
  const isMac = isMacOS();
  const features = featureTable({
    ...sameFor(["bindToDevice", "dontFragment", "trafficClass"], byLibc),
    ...sameFor(["pathMTU", "receiveInfo"], byBoth),
    ...sameFor(["recvBufferSize", "sendBufferSize"], libc !== null ? "native" : "emulated"),
    ...WITHOUT_OFFLOADS,
    cluster: adopts && (!worker || canTakeSockets()) ? "native" : "unavailable",
    connect: connects ? "native" : "emulated",
    fd: adopts ? "native" : "unavailable",
    // Elsewhere the kernel tells a socket that is not connected of none, or Bun has it tell of none (Windows).
    icmpErrors: connects ? "native" : isLinux() && (adopts || hearsOfIcmpErrors(bun)) ? "emulated" : "unavailable",
    pause: worker ? "unavailable" : byBoth,
    reusePort: isMac ? "unavailable" : "native",
    sendBatch: isMac ? "emulated" : "native",
    sourcePortZero: "unavailable",
  });
  const notes: Notes = {
    ...connects ? {} : UNCONNECTED,
    ...adopts ? {} : sameFor(BY_ADOPTION, "needs Bun 1.4 or later"),
    ...libc === null ? notesWithoutLibc() : {},
    sourcePortZero: "Bun.udpSocket drops what comes from port 0" +
      (byBoth === "native" ? ", but for sockets with receiveInfo, which libc reads" : ""),
  };
  if (features.icmpErrors === "unavailable") notes.icmpErrors = "this Bun's sockets do not hear of them";
  if (isMac) Object.assign(notes, ON_MACOS);
  if (byBoth === "native" && worker) {
    notes.pause = "not in a cluster worker, whose sockets are node:dgram's";
  }
  if (features.cluster === "unavailable") notes.cluster ??= "this Bun's node:dgram keeps its sockets";
  if (libc !== null) {
    showOffloads(features, notes, libc, () => adopts);
    if (adopts && !isMac) showBatches(features, notes, libc);
    showOptional(features, notes, libc, adopts ? [] : ["pathMTU", "receiveInfo"]);
    if (features.pause === "native") {
      show(features, notes, "pause", () => canExchange(libc), "unavailable", REFUSED);
    }
  }
  if (isWindows()) {
    Object.assign(features, sameFor([...NOT_ON_WINDOWS, "reusePort"], "unavailable"), { sendBatch: "emulated" });
    Object.assign(notes, NOTES_ON_WINDOWS, { sendBatch: ONE_BY_ONE });
  }
  return { runtime: "bun", backend: "bun", features, notes };
}
