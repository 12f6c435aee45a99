import {
  type Backend,
  type Handle,
  type Host,
  type OpenOptions,
  UNAVAILABLE,
  type WrongFdType,
} from "../../core/backend.ts";
import { isClusterWorker } from "../common/cluster_worker.ts";
import { getErrno } from "../../core/errors.ts";
import { forBun } from "./address.ts";
import { bunCapabilities } from "./capabilities.ts";
import { fdTypeOf } from "./fd_type.ts";
import { BunHandle } from "./handle.ts";
import { openBunWithControl } from "./control_handle.ts";
import { openSharedThrough } from "./shared.ts";
import { isHeld } from "../libc/descriptor.ts";
import type { Passing } from "../common/lazy_backend.ts";
import { bunLibc } from "./libc.ts";
import type { Libc } from "../libc/libc.ts";
import { isLibc } from "../libc/load.ts";
import { adoptsDescriptors, type BunSockets, openBunSocket } from "./open.ts";
import { BUN_FLAGS, type BunNamespace } from "./types.ts";
import { errnoOf } from "../common/errno.ts";
import { isMacOS } from "../common/platform.ts";
import { lacks } from "../kernel/optional_features.ts";
import { needsControl } from "../kernel/receive_info.ts";

/** Bun: over `Bun.udpSocket`. */
export function bunBackend(): Backend | Passing {
  const { Bun: bun } = globalThis as unknown as { Bun: BunNamespace };
  const loaded = bunLibc();
  const adopts = adoptsDescriptors(bun);
  // Elsewhere a descriptor that Bun does not tell is not found.
  const libc = isLibc(loaded) && (adopts || loaded.layout.linux !== null) ? loaded : null;
  // Elsewhere Bun 1.4.5 closes a connected socket, unheard, when the kernel tells it that the peer is not there.
  const connects = adopts && libc !== null && libc.layout.linux !== null;
  const sockets = { bun, libc, adopts, connects };
  const capabilities = bunCapabilities(sockets);
  const backend: Backend = {
    name: "bun",
    capabilities,
    open: (options, host) => open(sockets, options, host),
  };
  if (isClusterWorker() && capabilities.features.cluster === "native") {
    backend.openShared = (options, host, done) => openSharedThrough(sockets, options, host, done);
  }
  return isLibc(loaded) || !loaded.passing ? backend : { passing: backend };
}

function open(sockets: BunSockets, options: OpenOptions, host: Host): Handle | WrongFdType | number {
  const { libc, adopts } = sockets;
  const { family, ipv6Only, fd } = options;
  const address = forBun(options.address, libc);
  // Bun 1.4.5 ignores the flag on an IPv4 socket, where libuv refuses it.
  if (family === 4 && ipv6Only && fd === undefined) return getErrno("EINVAL");
  const handle = new BunHandle(sockets, host, options);
  const where = fd === undefined ? { hostname: address, port: options.port, flags: flagsOf(options) } : { fd };
  try {
    // Bun knows only a descriptor that it waits for: not one that is paused, or that libc receives from.
    if (fd !== undefined && libc !== null && isHeld(libc, fd)) return getErrno("EEXIST");
    if (options.receiveInfo && libc !== null && lacks(libc, "receiveInfo")) return UNAVAILABLE;
    if (options.reusePort && !sharesPorts(libc)) return UNAVAILABLE;
    // Bun 1.4.5 knows no other calls than sendmmsg and recvmmsg.
    if (libc?.layout.linux && adopts && (needsControl(libc, options) || !libc.batches)) {
      if (fd !== undefined && !libc.isUDP(fd)) return fdTypeOf(fd);
      return openBunWithControl(sockets, options, host);
    }
    return handle.start(openBunSocket(sockets, { ...where, ...handle.receiving }), address);
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

/** True if the kernel spreads what comes to a port over the sockets that share it. */
function sharesPorts(libc: Libc | null): boolean {
  return libc === null ? !isMacOS() : !lacks(libc, "reusePort");
}
