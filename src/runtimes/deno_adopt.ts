import type { Socket as DgramSocket } from "node:dgram";
import { getProcess } from "../core/process.ts";
import type { AddressInfo, WrongFdType } from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import { createDgram, stateOf } from "./node_dgram.ts";

/** What Deno's node:dgram is made of. */
export interface UdpWrap {
  open(fd: number): number;
  /** A duplicate of the descriptor, which is the caller's. */
  fdForIpc(): number;
  getsockname(address: Partial<AddressInfo>): number;
  recvStart(): number;
  recvStop(): number;
  unref(): void;
  close(): void;
}

/** True if a descriptor can be adopted. */
export function canAdopt(): boolean {
  return udpWrap() !== undefined;
}

/**
 * Makes a new socket of node:dgram the owner of a descriptor, unreferenced. Its own `bind({ fd })` takes no UDP socket
 * for one (Deno 2.9.5), but takes the handle that such a socket is made of.
 */
export function adopt(
  inner: DgramSocket,
  fd: number,
  beforeReceiving: () => number = () => 0,
): UdpWrap | WrongFdType | number {
  const fdType = otherTypeOf(fd);
  if (fdType !== undefined) return { fdType };
  const Wrap = udpWrap();
  if (Wrap === undefined) return getErrno("ENOTSUP");
  const handle = new Wrap();
  const errno = handle.open(fd);
  if (errno === getErrno("EBADF") || errno === getErrno("ENOTSOCK")) return { fdType: "UNKNOWN" };
  if (errno !== 0) return errno;
  handle.unref();
  const refusal = beforeReceiving();
  if (refusal !== 0) {
    handle.close();
    return refusal;
  }
  inner.bind(handle as never);
  return handle;
}

/** The port of an adopted socket, which Deno 2.9.5 asks for only once: an unbound one gets its port by its first send. */
export function portOf(handle: UdpWrap): number {
  const Wrap = udpWrap()!;
  const duplicate = new Wrap();
  const address: Partial<AddressInfo> = {};
  duplicate.open(handle.fdForIpc());
  duplicate.getsockname(address);
  duplicate.close();
  return address.port ?? 0;
}

/** The type of a descriptor that is surely no UDP socket. It must not be opened: that closes what it can't open. */
function otherTypeOf(fd: number): string | undefined {
  const probe = createDgram({ family: 4, reuseAddr: false, ipv6Only: false });
  try {
    probe.bind({ fd });
  } catch (error) {
    const type = /: ([A-Z]+)$/.exec((error as Error).message)?.[1];
    if (type !== "UNKNOWN") return type;
  } finally {
    probe.close();
  }
}

/** What a socket of Deno's node:dgram is made of. */
export function udpWrapOf(inner: DgramSocket): UdpWrap | undefined {
  return stateOf<{ handle: UdpWrap }>(inner, "kStateSymbol")?.handle;
}

function udpWrap(): (new () => UdpWrap) | undefined {
  try {
    const { binding } = getProcess() as unknown as { binding(name: string): { UDP: new () => UdpWrap } };
    const { UDP } = binding("udp_wrap");
    // It came with an open() that does something: Deno before 2.8.0 throws that it is not implemented.
    return "fdForIpc" in UDP.prototype ? UDP : undefined;
  } catch {
    return undefined;
  }
}
