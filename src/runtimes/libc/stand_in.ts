/**
 * What wakes a runtime while libc receives from the socket itself. A runtime that receives takes the first datagram
 * without what the kernel tells about it; so it is given another descriptor to wait for, in whose place something is put
 * that is ready when the socket is, and whose reading fails. The socket stays where it is, as the runtime's own, which
 * closes both when its thread ends. Linux only: epoll follows the open file, not its number.
 */
import { Buffer } from "node:buffer";
import { EBADF, EINVAL, isShortage } from "./error_numbers.ts";
import type { SystemCalls } from "./system_calls.ts";
import { duplicate, openUnbound, replace } from "./numbers.ts";

const RING: Uint8Array = Buffer.alloc(128).subarray(0, 1);

/** An address of no more than a family: the kernel is to choose the name, or of family 0 no peer is meant. */
const FAMILY_SIZE = 2;

/** It wakes the runtime, which fails to read from it. */
export interface StandIn {
  /** True if it wakes as long as there is something to read, and not once after each `arm`. */
  readonly lasting: boolean;
  /** Has the next datagram wake the runtime, once: 0 or an errno. What came before must be looked for after it. */
  arm(): number;
  /** Has it not wake the runtime, unless it is armed already: 0 or an errno. */
  hold(): number;
  /** Takes `hold` back: 0 or an errno. */
  letGo(): number;
}

/**
 * For a runtime that has the socket in its epoll as `fd` too, edge-triggered (Deno): it finds what a socket of no
 * network sent to itself, whose address it can't read, or nothing before `arm`. Waiting ends only when there was nothing.
 */
export function putBell(libc: SystemCalls, fd: number): StandIn | number {
  const bell = openBell(libc);
  if (bell < 0) return bell;
  const errno = replace(libc, fd, bell);
  if (errno !== 0) return errno;
  const cookie = libc.cookie(fd);
  const ring = (): number => libc.calls.send(fd, RING, RING.length, libc.layout.dontWait) < 0 ? libc.failure() : 0;
  return {
    lasting: false,
    // Whoever else has the number by now is not to be sent a ring.
    arm: () => libc.cookie(fd) === cookie ? ring() : -EBADF,
    hold: () => 0,
    letGo: () => 0,
  };
}

const seen = new WeakMap<SystemCalls, boolean>();

/** True if the runtime can be woken: a sandbox may refuse connect(). While that can't be told, it is taken to be so. */
export function canWake(libc: SystemCalls): boolean {
  const known = seen.get(libc);
  if (known !== undefined) return known;
  const errno = tryToWake(libc);
  if (isShortage(errno)) return true;
  seen.set(libc, errno === 0);
  return errno === 0;
}

/** 0 or an errno. What throws is no call of the kernel's. */
function tryToWake(libc: SystemCalls): number {
  if (libc.layout.linux === null) return -EINVAL;
  try {
    const waker = libc.wakesBy === "bell" ? openBell(libc) : openWatching(libc);
    return waker < 0 ? waker : libc.close(waker);
  } catch {
    return -EINVAL;
  }
}

/** An epoll that has watched a socket, or an errno. */
function openWatching(libc: SystemCalls): number {
  const epoll = openEpoll(libc);
  if (epoll < 0) return epoll;
  const socket = openUnbound(libc);
  const errno = socket < 0 ? socket : watch(libc, epoll, socket);
  if (socket >= 0) libc.close(socket);
  if (errno === 0) return epoll;
  libc.close(epoll);
  return errno;
}

/**
 * For a runtime that has yet to put `fd` into its epoll, which is level-triggered (libuv): it gets an epoll with the
 * socket in it, and fails with ENOTSOCK as often as there is something to read.
 */
export function putEpoll(libc: SystemCalls, fd: number, socket: number): StandIn | number {
  const epoll = openEpoll(libc);
  if (epoll < 0) return epoll;
  const errno = replace(libc, fd, epoll) || watch(libc, fd, socket);
  return errno === 0 ? epollStandIn(libc, fd, socket) : errno;
}

/**
 * The same for a runtime that has put what is at `fd` into its epoll and will say once more what it waits for, which
 * then is the epoll (Bun 1.4.5, when a new socket is first writable). What was there has to live until then, and answers
 * its descriptor to be closed.
 */
export function putEpollFor(
  libc: SystemCalls,
  fd: number,
  socket: number,
): { readonly standIn: StandIn; readonly spare: number } | number {
  const spare = duplicate(libc, fd);
  if (spare < 0) return spare;
  const standIn = putEpoll(libc, fd, socket);
  if (typeof standIn !== "number") return { standIn, spare };
  libc.close(spare);
  return standIn;
}

function epollStandIn(libc: SystemCalls, epollFd: number, fd: number): StandIn {
  return {
    lasting: true,
    arm: () => 0,
    hold: () => unwatch(libc, epollFd, fd),
    letGo: () => watch(libc, epollFd, fd),
  };
}

function openEpoll(libc: SystemCalls): number {
  const fd = libc.calls.epoll_create1(libc.layout.linux!.epoll.flags);
  return fd < 0 ? libc.failure() : fd;
}

function watch(libc: SystemCalls, epollFd: number, fd: number): number {
  const { add, readable, eventSize } = libc.layout.linux!.epoll;
  const { bytes, view, pointer } = libc.request;
  bytes.fill(0, 0, eventSize);
  view.setUint32(0, readable, true);
  return libc.calls.epoll_ctl(epollFd, add, fd, pointer) < 0 ? libc.failure() : 0;
}

/** To wait for nothing would still tell of errors. */
function unwatch(libc: SystemCalls, epollFd: number, fd: number): number {
  const { calls, layout, request } = libc;
  return calls.epoll_ctl(epollFd, layout.linux!.epoll.remove, fd, request.pointer) < 0 ? libc.failure() : 0;
}

/**
 * A socket of AF_UNIX with a name that the kernel chose, connected to itself: nobody else's datagrams reach it, and no
 * firewall or network device has a say. It is one of a pair, since a service may be forbidden socket() of that family.
 */
function openBell(libc: SystemCalls): number {
  const { calls, layout, name, request } = libc;
  const { unix } = layout.linux!;
  const { socketFlags } = layout.descriptors;
  // What is not written is no descriptor of ours.
  request.view.setInt32(0, -1, true);
  request.view.setInt32(4, -1, true);
  if (calls.socketpair(unix, layout.datagram | socketFlags, 0, request.pointer) < 0) return libc.failure();
  const [fd, other] = [request.view.getInt32(0, true), request.view.getInt32(4, true)];
  name.bytes.fill(0);
  name.bytes[0] = unix;
  const bound = libc.bind(fd, FAMILY_SIZE);
  // As long as it has the other for its peer it may not send to itself.
  name.bytes.fill(0);
  const errno = bound || libc.connect(fd, FAMILY_SIZE) || libc.localName(fd) || libc.connect(fd, libc.nameLength);
  libc.close(other);
  if (errno === 0) return fd;
  libc.close(fd);
  return errno;
}
