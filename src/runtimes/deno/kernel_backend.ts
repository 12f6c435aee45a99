import {
  ACCESS_DENIED,
  type Backend,
  type Capabilities,
  type Feature,
  type Handle,
  type Host,
  type OpenOptions,
  UNAVAILABLE,
  type WrongFdType,
} from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { adopt, own } from "./adopt.ts";
import { DenoControlHandle, openWaker, type Waker } from "./control_handle.ts";
import { usable } from "./interface.ts";
import { DenoKernelHandle } from "./kernel_handle.ts";
import { DenoNodeHandle } from "./node_handle.ts";
import { DenoNodeKernelHandle } from "./node_kernel_handle.ts";
import { CLUSTER_NOTE, SCOPE_NOTE } from "./notes.ts";
import { mayUseHost, mayUseNetwork } from "./permissions.ts";
import { setterOf } from "./setters.ts";
import { deno } from "./types.ts";
import { featureTable } from "../common/feature_table.ts";
import { KernelHandle } from "../kernel/handle.ts";
import { Descriptor, isHeld } from "../libc/descriptor.ts";
import { DescriptorSearch } from "../libc/descriptor_search.ts";
import { familyOf, fdType } from "../libc/fd_type.ts";
import type { Libc } from "../libc/libc.ts";
import { duplicate, ownUnwatched, restore } from "../libc/numbers.ts";
import { openSocket } from "../libc/open_socket.ts";
import { canExchange, canWake } from "../libc/stand_in.ts";
import { isWatched } from "../libc/watched.ts";
import { show, showBatches, showOffloads } from "../kernel/offload_support.ts";
import { lacks, REFUSED, showOptional } from "../kernel/optional_features.ts";
import { needsControl } from "../kernel/receive_info.ts";

const UNSEEN = "that a socket of another module's has the descriptor is not seen: that one hears nothing from then on";

/** Deno with libc through `--allow-ffi`: the kernel's own options, connections and batches, Deno's waiting. */
export function denoKernelBackend(libc: Libc, without: Backend): Backend {
  return {
    name: `${without.name}-ffi`,
    capabilities: denoKernelCapabilities(libc, without.name),
    open: (options, host) => open(libc, without, options, host),
  };
}

function open(libc: Libc, without: Backend, options: OpenOptions, host: Host): Handle | WrongFdType | number {
  const { address, port, fd } = options;
  // Asked before, since libc asks nobody.
  if (fd === undefined ? !mayUseHost(address, port) : !mayUseNetwork()) return ACCESS_DENIED;
  if (options.receiveInfo && lacks(libc, "receiveInfo")) return UNAVAILABLE;
  if (options.reusePort && lacks(libc, "reusePort")) return UNAVAILABLE;
  // Without the kernel's numbers of sockets no descriptor can be found.
  const before = !libc.hasCookies || fd !== undefined || options.ipv6Only || options.reusePort ||
    receivesByLibc(libc, options);
  return before || without.name !== "deno" ? openAdopted(libc, options, host) : openListening(libc, options, host);
}

/** A socket of `Deno.listenDatagram`, whose descriptor is looked for. In doubt there is none, and it is not used. */
function openListening(libc: Libc, options: OpenOptions, host: Host): Handle | WrongFdType | number {
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
  } catch {
    // Deno 2.9.5 sets options that nobody asked for, which a sandbox may refuse; else libc is told the same.
  }
  return openAdopted(libc, options, host);
}

/** True if Deno was seen to adopt a socket, or that can't be told now. */
export function isAdopted(libc: Libc): boolean {
  const fd = libc.socket(4);
  if (fd < 0) return true;
  const owner = own(fd);
  if (typeof owner === "object" && "open" in owner) {
    owner.close();
    return true;
  }
  libc.close(fd);
  return false;
}

/** Deno tells no scope, and what comes from a link-local address to a socket on every interface has one. */
function receivesByLibc(libc: Libc, options: OpenOptions): boolean {
  return needsControl(libc, options) || (options.family === 6 && options.address === "::" && canWake(libc));
}

/** A socket made by system calls, or a descriptor of the user's, that Deno adopts. */
function openAdopted(libc: Libc, options: OpenOptions, host: Host): Handle | WrongFdType | number {
  const given = options.fd;
  if (given !== undefined) {
    const type = fdType(libc, given);
    if (type !== "UDP") return { fdType: type };
    // Deno would close it.
    if (isHeld(libc, given) || isWatched(libc, given)) return getErrno("EEXIST");
  }
  const fd = given ?? openSocket(libc, options);
  if (fd < 0) return fd;
  const kernel = new Descriptor(libc, fd, familyOf(libc, fd) || options.family, false);
  const waker = receivesByLibc(libc, options) ? openWaker(libc, kernel, options) : null;
  // What nobody has asked for can't fail a bind.
  const result = waker === null || (typeof waker === "number" && !options.receiveInfo)
    ? adoptForDeno(libc, kernel, options, host)
    : typeof waker === "number"
    ? waker
    : adoptForLibc(libc, kernel, options, host, waker);
  if (result instanceof KernelHandle) return result;
  kernel.close();
  if (given === undefined) libc.close(fd);
  return result;
}

/** One from which libc receives. */
function adoptForLibc(
  libc: Libc,
  kernel: Descriptor,
  options: OpenOptions,
  host: Host,
  waker: Waker,
): KernelHandle | WrongFdType | number {
  // After all that can fail: what it has is closed with it.
  const owner = ownUnwatched(libc, kernel.fd, () => own(kernel.fd));
  if (typeof owner === "object" && "open" in owner) return new DenoControlHandle(owner, kernel, host, options, waker);
  waker.bell.end(kernel.fd);
  waker.wrap.close();
  return owner;
}

/** One from which Deno's node:dgram receives. */
function adoptForDeno(
  libc: Libc,
  kernel: Descriptor,
  options: OpenOptions,
  host: Host,
): KernelHandle | WrongFdType | number {
  const aside = duplicate(libc, kernel.fd);
  if (aside < 0) return aside;
  const receiver = new DenoNodeHandle({ ...options, fd: kernel.fd }, host);
  const result = adopt(receiver.inner, kernel.fd);
  if (typeof result === "object" && "open" in result) {
    libc.close(aside);
    return new DenoNodeKernelHandle(receiver.begin(result), kernel, options, host);
  }
  receiver.inner.close();
  // Deno has closed it.
  restore(libc, kernel.fd, aside);
  return result;
}

function denoKernelCapabilities(libc: Libc, without: string): Capabilities {
  const features = featureTable({ cluster: "unavailable" });
  const notes: Partial<Record<Feature, string | undefined>> = { cluster: CLUSTER_NOTE };
  if (libc.layout.linux === null) notes.fd = UNSEEN;
  showOffloads(features, notes, libc);
  showBatches(features, notes, libc);
  showOptional(features, notes, libc, []);
  show(features, notes, "linkLocalScope", () => canWake(libc), "emulated", SCOPE_NOTE);
  show(features, notes, "closeInTurn", () => canExchange(libc), "unavailable", REFUSED);
  return { runtime: "deno", backend: `${without}-ffi`, features, notes };
}
