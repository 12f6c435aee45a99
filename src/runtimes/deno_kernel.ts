import {
  ACCESS_DENIED,
  type Backend,
  type Capabilities,
  type Feature,
  type Handle,
  type Host,
  type OpenOptions,
  type Support,
  type WrongFdType,
} from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import { adopt } from "./deno_adopt.ts";
import { usable } from "./deno_interface.ts";
import { DenoKernelHandle } from "./deno_kernel_handle.ts";
import { DenoNodeHandle } from "./deno_node_handle.ts";
import { DenoNodeKernelHandle, Relay } from "./deno_node_kernel_handle.ts";
import { DENO_NOTES } from "./deno_notes.ts";
import { mayUseHost, mayUseNetwork } from "./deno_permissions.ts";
import { setterOf } from "./deno_setters.ts";
import { deno } from "./deno_types.ts";
import { errnoOf } from "./errno.ts";
import { Descriptor } from "./libc/descriptor.ts";
import { DescriptorSearch } from "./libc/descriptor_search.ts";
import { familyOf, fdType } from "./libc/fd_type.ts";
import type { Libc } from "./libc/libc.ts";
import { openSocket } from "./libc/open_socket.ts";
import { standInWithBell } from "./libc/stand_in.ts";
import { showOffloads, WITHOUT_OFFLOADS } from "./offload_support.ts";
import { needsControl, type SocketByLibc, withControl } from "./receive_info.ts";

/** Deno with libc through `--allow-ffi`: the kernel's own options, connections and batches, Deno's waiting. */
export function denoKernelBackend(libc: Libc, without: Backend): Backend {
  return {
    name: `${without.name}-ffi`,
    capabilities: denoKernelCapabilities(libc, without.capabilities),
    open: (options, host) => open(libc, without, options, host),
  };
}

function open(libc: Libc, without: Backend, options: OpenOptions, host: Host): Handle | WrongFdType | number {
  const { address, port, fd } = options;
  // Asked before, since libc asks nobody.
  if (fd === undefined ? !mayUseHost(address, port) : !mayUseNetwork()) return ACCESS_DENIED;
  const before = fd !== undefined || options.ipv6Only || options.reusePort || receivesByLibc(libc, options);
  return before || without.name !== "deno"
    ? openAdopted(libc, options, host)
    : openListening(libc, without, options, host);
}

/** A socket of `Deno.listenDatagram`, whose descriptor is looked for. In doubt there is none, and no libc on it. */
function openListening(
  libc: Libc,
  without: Backend,
  options: OpenOptions,
  host: Host,
): Handle | WrongFdType | number {
  const { port, reuseAddr } = options;
  const address = usable(options.address);
  const search = new DescriptorSearch(libc);
  try {
    const conn = deno!.listenDatagram!({
      transport: "udp",
      hostname: address,
      port,
      reuseAddress: reuseAddr,
      // Off unless asked for, which is on everywhere else.
      loopback: true,
    });
    const local = {
      address: conn.addr.hostname,
      family: options.family === 4 ? "IPv4" as const : "IPv6" as const,
      port: conn.addr.port,
    };
    const setMulticastTTL = setterOf(conn, "setMulticastTTL")?.bind(conn);
    const kernel = search.find(local, reuseAddr && setMulticastTTL !== undefined ? { setMulticastTTL } : {});
    if (kernel !== null) return new DenoKernelHandle(conn, kernel, { ...options, address }, host);
    conn.close();
  } catch (error) {
    return errnoOf(error);
  }
  return without.open(options, host);
}

/** Deno tells no scope, and what comes from a link-local address to a socket on every interface has one. */
function receivesByLibc(libc: Libc, options: OpenOptions): boolean {
  return needsControl(libc, options) || (options.family === 6 && options.address === "::");
}

/** A socket made by system calls, or a descriptor of the user's, that Deno's node:dgram adopts. */
function openAdopted(libc: Libc, options: OpenOptions, host: Host): Handle | WrongFdType | number {
  const given = options.fd;
  if (given !== undefined) {
    const type = fdType(libc, given);
    if (type !== "UDP") return { fdType: type };
  }
  const fd = given ?? openSocket(libc, options);
  if (fd < 0) return fd;
  const relay = new Relay();
  const byLibc = receivesByLibc(libc, options);
  const receiver = new DenoNodeHandle({ ...options, fd }, byLibc ? relay : host);
  let moved = 0 as SocketByLibc | number;
  const result = adopt(receiver.inner, fd, () => {
    const family = familyOf(libc, fd) || options.family;
    if (byLibc) moved = withControl(libc, fd, family, options, standInWithBell);
    return typeof moved === "number" ? moved : 0;
  });
  if (typeof result === "object" && "open" in result) {
    receiver.listen(result);
    if (typeof moved === "object") {
      return relay.handle = new DenoNodeKernelHandle(receiver, moved.kernel, host, moved.standIn, options);
    }
    const kernel = new Descriptor(libc, fd, familyOf(libc, fd) || options.family, false);
    return new DenoNodeKernelHandle(receiver, kernel, host);
  }
  receiver.inner.close();
  if (given === undefined) libc.close(fd);
  return typeof result === "number" ? result : getErrno("EINVAL");
}

function denoKernelCapabilities(libc: Libc, without: Capabilities): Capabilities {
  const features: Record<Feature, Support> = {
    bindSync: "native",
    bindToDevice: "native",
    broadcast: "native",
    closeInTurn: "native",
    cluster: "unavailable",
    connect: "native",
    dontFragment: "native",
    fd: "native",
    icmpErrors: "native",
    ipv6Only: "native",
    linkLocalScope: "native",
    membership: "native",
    multicastInterface: "native",
    multicastLoopback: "native",
    multicastTTL: "native",
    pathMTU: "native",
    pause: "native",
    receiveInfo: "native",
    ...WITHOUT_OFFLOADS,
    recvBufferSize: "native",
    reuseAddr: "native",
    reusePort: "native",
    sendBatch: "native",
    sendBufferSize: "native",
    sendErrors: "native",
    sendInTurn: "native",
    sourcePortZero: "native",
    sourceSpecificMembership: "native",
    trafficClass: "native",
    ttl: "native",
  };
  const notes = { cluster: DENO_NOTES.cluster };
  showOffloads(features, notes, libc);
  return { runtime: "deno", backend: `${without.backend}-ffi`, features, notes };
}
