/** What is used of the system calls of a socket whose handle has them. */
import type { Family } from "../core/backend.ts";
import type { KernelCalls, KernelSocket } from "../core/kernel_socket.ts";
import { systemCallError } from "../core/errors.ts";
import type { StatefulSocket } from "../core/state.ts";
import { kState } from "../core/state.ts";

/** Memory as a call takes it. */
type Pointer = { readonly pointer: unique symbol };

/** The C library of a thread. */
export interface Libc extends KernelCalls {
  readonly layout: KernelCalls["layout"] & {
    readonly datagram: number;
    readonly descriptors: { readonly duplicate: number; readonly socketFlags: number };
    readonly linux: { readonly unix: number; readonly epoll: { readonly remove: number } } | null;
  };
  readonly calls: KernelCalls["calls"] & {
    socket(domain: number, type: number, protocol: number): number;
    bind(fd: number, name: Pointer, length: number): number;
    sendmmsg(fd: number, messages: Pointer, count: number, flags: number): number;
    recvmsg(fd: number, message: Pointer, flags: number): number;
    dup2(fd: number, to: number): number;
    fcntl(fd: number, command: number, value: number): number;
    epoll_ctl(epoll: number, operation: number, fd: number, event: Pointer): number;
  };
  readonly binding: Omit<KernelCalls["binding"], "pointer"> & { pointer(memory: Uint8Array): Pointer };
  readonly request: KernelCalls["request"] & { readonly pointer: Pointer };
  /** A UDP socket that is bound to nothing, or an errno. */
  socket(family: Family): number;
  /** The socket's own number, where the kernel has one. */
  cookie(fd: number): bigint | null;
  /** A UDP socket's family and port; 0 for what is none. */
  nameAsNumber(fd: number): number;
  close(fd: number): number;
}

/** A socket with its descriptor, and the calls for it. */
export interface KernelEnd extends KernelSocket {
  readonly libc: Libc;
  get(option: "receiveOffload"): number;
  set(option: "receiveOffload", value: 0 | 1): number;
}

/** The socket as libc has it, where it does: of a number that has become another's nothing is handed off. */
export function kernelOf(socket: StatefulSocket): KernelEnd | null {
  const kernel = socket[kState].handle?.kernel;
  return kernel?.libc !== undefined && kernel.isOurs() ? kernel as KernelEnd : null;
}

/** Another descriptor of the same socket; throws if there is none. */
export function duplicate({ libc, fd }: KernelEnd): number {
  const other = libc.calls.fcntl(fd, libc.layout.descriptors.duplicate, 0);
  if (other < 0) throw systemCallError(libc.failure(), "fcntl");
  return other;
}

/** Which socket a number stands for; 0 if it stands for none. */
export function identityOf(libc: Libc, fd: number): bigint | number {
  return libc.cookie(fd) ?? libc.nameAsNumber(fd);
}

/** Descriptors are given out lowest first: after so many in a row that are not open, there are no more. */
const GAP = 256;
/** What an epoll answers: removed, ENOENT, and EINVAL of what is none. A sandbox that refuses to ask says so of all. */
const ANSWERS = [0, -2, -22];

/**
 * Has each epoll of this process forget a descriptor that is about to be closed, of a socket that lives on elsewhere, or
 * that has just been made: a number stays in an epoll until its open file ends, whoever has that. Where the socket comes
 * back and gets the number again, it would be taken for one that is waited for.
 */
export function unwatch(libc: Libc, fd: number): void {
  const { linux } = libc.layout;
  if (linux === null) return;
  for (let epoll = 0, others = 0; others < GAP; epoll++) {
    const errno = libc.calls.epoll_ctl(epoll, linux.epoll.remove, fd, libc.request.pointer) && libc.failure();
    others = ANSWERS.includes(errno) ? 0 : others + 1;
  }
}
