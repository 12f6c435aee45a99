import type { Backend, Handle, Host, OpenOptions, WrongFdType } from "../core/backend.ts";
import { isClusterWorker } from "./cluster_worker.ts";
import { getErrno } from "../core/errors.ts";
import { forBun } from "./bun_address.ts";
import { bunCapabilities } from "./bun_capabilities.ts";
import { fdTypeOf } from "./bun_fd_type.ts";
import { BunHandle } from "./bun_handle.ts";
import { openBunWithControl } from "./bun_control_handle.ts";
import { openSharedThrough } from "./bun_shared.ts";
import { isLibc, loadLibc } from "./libc/load.ts";
import { adoptsDescriptors, type BunSockets, openBunSocket } from "./bun_open.ts";
import { BUN_FLAGS, type BunNamespace, type BunSocketOptions } from "./bun_types.ts";
import { errnoOf } from "./errno.ts";
import { needsControl } from "./receive_info.ts";

/** Bun: over `Bun.udpSocket`. */
export function bunBackend(): Backend {
  const { Bun: bun } = globalThis as unknown as { Bun: BunNamespace };
  const loaded = loadLibc("bun");
  // Elsewhere a connected socket refuses datagrams that have an address, as Bun's always have.
  const libc = isLibc(loaded) && loaded.layout.linux !== null ? loaded : null;
  const sockets = { bun, libc, adopts: adoptsDescriptors(bun) };
  const capabilities = bunCapabilities(sockets);
  const backend: Backend = {
    name: "bun",
    capabilities,
    open: (options, host) => open(sockets, options, host),
  };
  if (isClusterWorker() && capabilities.features.cluster === "native") {
    backend.openShared = (options, host, done) => openSharedThrough(sockets, options, host, done);
  }
  return backend;
}

function open(sockets: BunSockets, options: OpenOptions, host: Host): Handle | WrongFdType | number {
  const { libc, adopts } = sockets;
  const { family, ipv6Only, fd } = options;
  const address = forBun(options.address);
  // Bun 1.4.5 ignores the flag on an IPv4 socket, where libuv refuses it.
  if (family === 4 && ipv6Only && fd === undefined) return getErrno("EINVAL");
  const handle = new BunHandle(sockets, host);
  const where = fd === undefined ? { hostname: address, port: options.port, flags: flagsOf(options) } : { fd };
  const bunOptions: BunSocketOptions = { ...where, binaryType: "buffer", socket: handle.handlers };
  try {
    if (libc !== null && adopts && needsControl(libc, options)) {
      if (fd !== undefined && !libc.isUDP(fd)) return fdTypeOf(fd);
      const loopback = { hostname: "127.0.0.1", port: 0 };
      return openBunWithControl(libc, options, host, (socket) => openBunSocket(sockets, { ...loopback, socket }));
    }
    return handle.start(openBunSocket(sockets, bunOptions), address);
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
