import type { Socket as DgramSocket } from "node:dgram";
import { getProcess } from "../../core/process.ts";
import type { AddressInfo, WrongFdType } from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { isOpen } from "./open_sockets.ts";
import { createDgram, stateOf } from "../node/dgram.ts";

/** What Deno's node:dgram is made of. */
export interface UdpWrap {
  open(fd: number): number;
  /** A duplicate of the descriptor, which is the caller's. */
  fdForIpc(): number;
  getsockname(address: Partial<AddressInfo>): number;
  /** With a size and `true`: how much one receive takes. */
  bufferSize(size: number, receive: boolean, context: object): number | undefined;
  /** Called with what was received, or a negative number. What it throws is swallowed. */
  onmessage: unknown;
  recvStart(): number;
  recvStop(): number;
  unref(): void;
  close(): void;
}

/** What can be made of any descriptor, and makes duplicates. */
interface Pipe {
  open(fd: number): number;
  /** A duplicate of the descriptor, which is the caller's. */
  fdForIpc(): number;
  close(done: () => void): void;
}

/** The kind of a pipe. */
const SOCKET = 0;

/** By the descriptors that they hold: kept, since a pipe that is collected closes its own. */
const pipes = new Map<number, Pipe>();

/** The descriptors that open sockets are made of. */
const adopted = new Set<number>();

/** True if a descriptor can be adopted by its duplicate. */
export function canAdopt(): boolean {
  return udpWrap() !== undefined && pipeWrap()?.prototype.fdForIpc !== undefined;
}

/** A socket that was made of a descriptor of the user's. */
export interface Adopted {
  readonly wrap: UdpWrap;
  /** Closes the descriptor, after the socket. */
  release(done: () => void): void;
}

/**
 * Makes a new socket of node:dgram of a descriptor of the user's, which a refusal leaves untouched. Deno 2.9.5 closes what it can't make a
 * socket of, so it is given a duplicate. A pipe makes that and holds the descriptor: it can be made of any, and closes it
 * when it is closed or collected.
 */
export function adoptGiven(inner: DgramSocket, fd: number): Adopted | WrongFdType | number {
  const fdType = otherTypeOf(fd);
  if (fdType !== undefined) return { fdType };
  const [Wrap, Pipe] = [udpWrap(), pipeWrap()];
  if (Wrap === undefined || Pipe === undefined) return getErrno("ENOTSUP");
  if (adopted.has(fd)) return getErrno("EEXIST");
  const pipe = pipes.get(fd) ?? new Pipe(SOCKET);
  if (!pipes.has(fd)) {
    if (pipe.open(fd) !== 0) return { fdType: "UNKNOWN" };
    pipes.set(fd, pipe);
  }
  const duplicate = pipe.fdForIpc();
  if (duplicate < 0) return { fdType: "UNKNOWN" };
  const wrap = new Wrap();
  if (wrap.open(duplicate) !== 0) return { fdType: "UNKNOWN" };
  const local: Partial<AddressInfo> = {};
  wrap.getsockname(local);
  if (isOpen(local)) {
    wrap.close();
    return getErrno("EEXIST");
  }
  wrap.unref();
  inner.bind(wrap as never);
  adopted.add(fd);
  const release = (done: () => void): void => {
    pipes.delete(fd);
    adopted.delete(fd);
    pipe.close(done);
  };
  return { wrap, release };
}

/**
 * Makes a new socket of node:dgram the owner of a descriptor that no other socket has, unreferenced, which receives nothing
 * yet; a refusal closes it. Its own `bind({ fd })` takes no UDP socket for one (Deno 2.9.5), but takes the handle that such a
 * socket is made of.
 */
export function adopt(inner: DgramSocket, fd: number): UdpWrap | WrongFdType | number {
  const handle = own(fd);
  if (typeof handle === "number" || "fdType" in handle) return handle;
  // A receive that has begun can't be ended (Deno 2.9.6), and would take a datagram though the socket is paused.
  handle.recvStart = () => 0;
  inner.bind(handle as never);
  delete (handle as Partial<UdpWrap>).recvStart;
  return handle;
}

/**
 * What owns a descriptor from then on, receives nothing before `recvStart`, and is unreferenced. Deno 2.9.5 closes a
 * UDP socket that it can't open.
 */
export function own(fd: number): UdpWrap | WrongFdType | number {
  const fdType = otherTypeOf(fd);
  if (fdType !== undefined) return { fdType };
  const Wrap = udpWrap();
  if (Wrap === undefined) return getErrno("ENOTSUP");
  const handle = new Wrap();
  const errno = handle.open(fd);
  if (errno === getErrno("EBADF") || errno === getErrno("ENOTSOCK")) return { fdType: "UNKNOWN" };
  if (errno !== 0) return errno;
  handle.unref();
  return handle;
}

/** The port of an adopted socket, which Deno 2.9.5 asks for only once: an unbound one gets its port by its first send. */
export function portOf(handle: UdpWrap): number {
  const fd = handle.fdForIpc();
  // There was no descriptor for a duplicate.
  if (fd < 0) return 0;
  const Wrap = udpWrap()!;
  const duplicate = new Wrap();
  const address: Partial<AddressInfo> = {};
  duplicate.open(fd);
  duplicate.getsockname(address);
  duplicate.close();
  return address.port ?? 0;
}

/** The type of a descriptor that is surely no UDP socket. */
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
  return binding<{ UDP: new () => UdpWrap }>("udp_wrap")?.UDP;
}

function pipeWrap(): (new (kind: number) => Pipe) | undefined {
  return binding<{ Pipe: new (kind: number) => Pipe }>("pipe_wrap")?.Pipe;
}

function binding<Binding>(name: string): Binding | undefined {
  try {
    return (getProcess() as unknown as { binding(name: string): Binding }).binding(name);
  } catch {
    return undefined;
  }
}
