import {
  type Backend,
  type Capabilities,
  type Feature,
  type Handle,
  type Host,
  type OpenOptions,
  type Support,
  UNAVAILABLE,
  type WrongFdType,
} from "../core/backend.ts";
import { isClusterWorker } from "./cluster_worker.ts";
import { getErrno } from "../core/errors.ts";
import { fdTypeOf } from "./bun_fd_type.ts";
import { BunHandle } from "./bun_handle.ts";
import { openBunWithControl } from "./bun_control_handle.ts";
import { canTakeSockets, openSharedThrough } from "./bun_shared.ts";
import { isHeld } from "./libc/descriptor.ts";
import type { Libc } from "./libc/libc.ts";
import type { Passing } from "./lazy_backend.ts";
import { isLibc, loadLibc } from "./libc/load.ts";
import { BUN_FLAGS, type BunNamespace, type BunSocketOptions } from "./bun_types.ts";
import { errnoOf } from "./errno.ts";
import { OFFLOAD_NOTES, showBatches, showOffloads, WITHOUT_OFFLOADS } from "./offload_support.ts";
import { needsControl } from "./receive_info.ts";

/** Bun: over `Bun.udpSocket`. */
export function bunBackend(): Backend | Passing {
  const { Bun: bun } = globalThis as unknown as { Bun: BunNamespace };
  const loaded = loadLibc("bun");
  // Elsewhere a connected socket refuses datagrams that have an address, as Bun's always have.
  const libc = isLibc(loaded) && loaded.layout.linux !== null ? loaded : null;
  const capabilities = bunCapabilities(libc);
  const backend: Backend = {
    name: "bun",
    capabilities,
    open: (options, host) => open(bun, libc, options, host),
  };
  if (isClusterWorker() && capabilities.features.cluster === "native") {
    backend.openShared = (options, host, done) => openSharedThrough(bun, libc, options, host, done);
  }
  return isLibc(loaded) || !loaded.passing ? backend : { passing: backend };
}

function open(bun: BunNamespace, libc: Libc | null, options: OpenOptions, host: Host): Handle | WrongFdType | number {
  const { address, family, ipv6Only, fd } = options;
  // Bun 1.4.5 ignores the flag on an IPv4 socket, where libuv refuses it.
  if (family === 4 && ipv6Only && fd === undefined) return getErrno("EINVAL");
  const handle = new BunHandle(bun, libc, host);
  const where = fd === undefined ? { hostname: address, port: options.port, flags: flagsOf(options) } : { fd };
  const bunOptions: BunSocketOptions = { ...where, binaryType: "buffer", socket: handle.handlers };
  try {
    // Bun knows only a descriptor that it waits for: not one that is paused, or that libc receives from.
    if (libc !== null && fd !== undefined && isHeld(libc, fd)) return getErrno("EEXIST");
    if (libc !== null && options.receiveInfo && !libc.batches) return UNAVAILABLE;
    if (libc !== null && needsControl(libc, options)) {
      if (fd !== undefined && !libc.isUDP(fd)) return fdTypeOf(fd);
      return openBunWithControl(libc, options, host, (fd, socket) => bun.peek(bun.udpSocket({ fd, socket })));
    }
    return handle.start(bun.peek(bun.udpSocket(bunOptions)), address);
  } catch (error) {
    const { code } = error as { code?: string };
    if (fd !== undefined && (code === "EINVAL" || code === "ENOTSOCK" || code === "EBADF")) return fdTypeOf(fd);
    return errnoOf(error);
  }
}

function flagsOf({ reuseAddr, reusePort, ipv6Only }: OpenOptions): number {
  return (reuseAddr ? BUN_FLAGS.reuseAddr : 0) | (ipv6Only ? BUN_FLAGS.ipv6Only : 0) |
    (reusePort ? BUN_FLAGS.reusePort | BUN_FLAGS.reusePortOrFail : 0);
}

const NEEDS_LIBC = "needs libc through bun:ffi, on Linux";

function bunCapabilities(libc: Libc | null): Capabilities {
  const kernel = libc !== null;
  const features: Record<Feature, Support> = {
    bindSync: "native",
    bindToDevice: kernel ? "native" : "unavailable",
    broadcast: "native",
    closeInTurn: "native",
    cluster: !isClusterWorker() || canTakeSockets() ? "native" : "unavailable",
    connect: kernel ? "native" : "emulated",
    dontFragment: kernel ? "native" : "unavailable",
    fd: "native",
    icmpErrors: kernel ? "native" : "emulated",
    ipv6Only: "native",
    linkLocalScope: "native",
    membership: "native",
    multicastInterface: "native",
    multicastLoopback: "native",
    multicastTTL: "native",
    pathMTU: kernel ? "native" : "unavailable",
    pause: kernel && !isClusterWorker() ? "native" : "unavailable",
    receiveInfo: kernel ? "native" : "unavailable",
    ...WITHOUT_OFFLOADS,
    recvBufferSize: kernel ? "native" : "unavailable",
    reuseAddr: "native",
    reusePort: "native",
    sendBatch: "native",
    sendBufferSize: kernel ? "native" : "unavailable",
    sendErrors: "native",
    sendInTurn: "native",
    sourceSpecificMembership: "native",
    trafficClass: kernel ? "native" : "unavailable",
    ttl: "native",
  };
  const notes: Partial<Record<Feature, string>> = kernel ? {} : {
    ...OFFLOAD_NOTES,
    bindToDevice: NEEDS_LIBC,
    connect: "Bun.udpSocket connects only at creation: foreign datagrams are filtered outside the kernel",
    dontFragment: NEEDS_LIBC,
    icmpErrors: "those of a connected socket, whichever peer they are about",
    multicastTTL: "all but 0, which Bun.udpSocket rejects",
    pathMTU: NEEDS_LIBC,
    pause: NEEDS_LIBC,
    receiveInfo: NEEDS_LIBC,
    recvBufferSize: "Bun.udpSocket has no buffer sizes",
    sendBufferSize: "Bun.udpSocket has no buffer sizes",
    trafficClass: NEEDS_LIBC,
  };
  if (kernel && isClusterWorker()) notes.pause = "not in a cluster worker, whose sockets are part of Bun's node:dgram";
  if (features.cluster === "unavailable") notes.cluster = "this Bun's node:dgram does not let its sockets be taken";
  if (libc !== null) {
    showOffloads(features, notes, libc);
    showBatches(features, notes, libc, ["receiveInfo"]);
  }
  return { runtime: "bun", backend: "bun", features, notes };
}
