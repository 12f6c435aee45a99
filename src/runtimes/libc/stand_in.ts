/**
 * What stands at a runtime's descriptor while libc receives from the socket itself. A runtime that receives takes the
 * first datagram without what the kernel tells about it; so the socket moves to a descriptor of libc's own, and the
 * runtime, which is still woken by the socket, reads from something else. Linux only: epoll follows the open file, not
 * its number.
 */
import { Buffer } from "node:buffer";
import type { AddressInfo, RemoteInfo } from "../../core/backend.ts";
import type { Libc } from "./libc.ts";

const ANY_PORT = 0;
const LOOPBACK = "127.0.0.1";
const RING: Uint8Array = Buffer.alloc(128).subarray(0, 1);

/** It wakes the runtime. */
export interface StandIn {
  /** The socket's new descriptor, which is the caller's to close. */
  readonly fd: number;
  /** True if it wakes as long as there is something to read, and not once after each `arm`. */
  readonly lasting: boolean;
  /** Has the next datagram wake the runtime, once: 0 or an errno. What came before must be looked for after it. */
  arm(): number;
  /** Has it not wake the runtime, unless it is armed already: 0 or an errno. */
  hold(): number;
  /** Takes `hold` back: 0 or an errno. */
  letGo(): number;
  /** True for what the runtime received from here. */
  isRing(from: RemoteInfo): boolean;
}

/**
 * For a runtime that has the socket in its epoll already: it finds a datagram, which a socket sent to itself, or
 * nothing before `arm`. So edge-triggered waiting works too, which ends only when there was nothing.
 */
export function standInWithBell(libc: Libc, fd: number): StandIn | number {
  const bell = openBell(libc);
  if (typeof bell === "number") return bell;
  const moved = exchange(libc, fd, bell.fd);
  if (moved < 0) return moved;
  return {
    fd: moved,
    lasting: false,
    arm: () => libc.calls.send(fd, RING, RING.length, libc.layout.dontWait) < 0 ? libc.failure() : 0,
    hold: () => 0,
    letGo: () => 0,
    isRing: ({ address, port }) => port === bell.port && address.endsWith(LOOPBACK),
  };
}

/**
 * For a runtime that has yet to put the socket into its epoll, which is level-triggered (libuv): it gets an epoll with
 * the socket in it, and fails with ENOTSOCK as often as there is something to read.
 */
export function standInWithEpoll(libc: Libc, fd: number): StandIn | number {
  const moved = putEpoll(libc, fd);
  if (moved < 0) return moved;
  const errno = watch(libc, fd, moved);
  if (errno === 0) return lastingStandIn(libc, fd, moved);
  libc.close(moved);
  return errno;
}

/**
 * The same for a runtime that has put the socket at `placeholder` into its epoll and will say once more what it waits
 * for, which then is the epoll around `fd` (Bun 1.4.5, when a new socket is first writable). The placeholder's socket
 * has to live until then, and answers its descriptor to be closed.
 */
export function standInAtPlaceholder(
  libc: Libc,
  placeholder: number,
  fd: number,
): { standIn: StandIn; spare: number } | number {
  const spare = putEpoll(libc, placeholder);
  if (spare < 0) return spare;
  const errno = watch(libc, placeholder, fd);
  if (errno === 0) return { standIn: lastingStandIn(libc, placeholder, fd), spare };
  libc.close(spare);
  return errno;
}

function lastingStandIn(libc: Libc, epollFd: number, fd: number): StandIn {
  return {
    fd,
    lasting: true,
    arm: () => 0,
    hold: () => unwatch(libc, epollFd, fd),
    letGo: () => watch(libc, epollFd, fd),
    isRing: () => false,
  };
}

function putEpoll(libc: Libc, fd: number): number {
  const other = libc.calls.epoll_create1(libc.layout.linux!.epoll.flags);
  return other < 0 ? libc.failure() : exchange(libc, fd, other);
}

function watch(libc: Libc, epollFd: number, fd: number): number {
  const { add, readable, eventSize } = libc.layout.linux!.epoll;
  const { bytes, view, pointer } = libc.request;
  bytes.fill(0, 0, eventSize);
  view.setUint32(0, readable, true);
  return libc.calls.epoll_ctl(epollFd, add, fd, pointer) < 0 ? libc.failure() : 0;
}

/** To wait for nothing would still tell of errors. */
function unwatch(libc: Libc, epollFd: number, fd: number): number {
  const { calls, layout, request } = libc;
  return calls.epoll_ctl(epollFd, layout.linux!.epoll.remove, fd, request.pointer) < 0 ? libc.failure() : 0;
}

/** A socket that is connected to itself: nobody else's datagrams reach it. */
function openBell(libc: Libc): { fd: number; port: number } | number {
  const { calls, layout, addresses, name } = libc;
  const fd = calls.socket(layout.inet, layout.datagram | layout.linux!.socketFlags, layout.udp);
  if (fd < 0) return libc.failure();
  const bound = libc.bind(fd, addresses.write(4, LOOPBACK, ANY_PORT, name.bytes));
  const local = bound < 0 ? bound : libc.end(libc.localName(fd));
  const { port } = typeof local === "number" ? { port: 0 } : local as AddressInfo;
  const result = typeof local === "number" ? local : libc.connect(fd, addresses.write(4, LOOPBACK, port, name.bytes));
  if (result === 0) return { fd, port };
  libc.close(fd);
  return result;
}

/** Puts `other` in the place of `fd`'s open file, which moves to the descriptor that is answered; or an errno. */
export function exchange(libc: Libc, fd: number, other: number): number {
  const moved = libc.calls.fcntl(fd, libc.layout.linux!.duplicate, 0);
  const errno = moved < 0 ? libc.failure() : putAt(libc, fd, other);
  libc.close(other);
  if (errno === 0) return moved;
  if (moved >= 0) libc.close(moved);
  return errno;
}

/** Has `fd` stand for the open file of `other`, too: 0 or an errno. */
export function putAt(libc: Libc, fd: number, other: number): number {
  const { calls, layout } = libc;
  const { setDescriptorFlags, closeOnExec } = layout.linux!;
  if (calls.dup2(other, fd) < 0) return libc.failure();
  calls.fcntl(fd, setDescriptorFlags, closeOnExec);
  return 0;
}
