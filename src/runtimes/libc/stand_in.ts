/**
 * What wakes a runtime while libc receives from the socket itself. A runtime that receives takes the first datagram
 * without what the kernel tells about it; so it is given another descriptor to wait for, in whose place something is put
 * that is ready when the socket is, and whose reading fails. The socket stays where it is, as the runtime's own, which
 * closes both when its thread ends. Linux only: epoll follows the open file, not its number.
 */
import { EINVAL, isShortage } from "./error_numbers.ts";
import type { SystemCalls } from "./system_calls.ts";
import { duplicate, exchange, openUnbound, replace } from "./numbers.ts";

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

type Seen = WeakMap<SystemCalls, boolean>;

const woken: Seen = new WeakMap();
const exchanged: Seen = new WeakMap();

/** True if the runtime can be woken: a sandbox may refuse connect(). While that can't be told, it is taken to be so. */
export function canWake(libc: SystemCalls): boolean {
  return canExchange(libc) && isSeen(woken, libc, tryToWake);
}

/** True if something can be put in the place of a descriptor: the same of dup2 and of F_DUPFD_CLOEXEC. */
export function canExchange(libc: SystemCalls): boolean {
  return isSeen(exchanged, libc, tryToExchange);
}

/** What is tried once. What throws is no call of the kernel's. */
function isSeen(seen: Seen, libc: SystemCalls, attempt: (libc: SystemCalls) => number): boolean {
  const known = seen.get(libc);
  if (known !== undefined) return known;
  let errno = -EINVAL;
  try {
    errno = attempt(libc);
  } catch {
    // As one that is refused.
  }
  if (isShortage(errno)) return true;
  seen.set(libc, errno === 0);
  return errno === 0;
}

/** 0 or an errno. */
function tryToWake(libc: SystemCalls): number {
  if (libc.layout.linux === null) return -EINVAL;
  const waker = (libc.openBell ?? openWatching)(libc);
  return waker < 0 ? waker : libc.close(waker);
}

/** The same. */
function tryToExchange(libc: SystemCalls): number {
  const fd = openUnbound(libc);
  if (fd < 0) return fd;
  const other = openUnbound(libc);
  const moved = other < 0 ? other : exchange(libc, fd, other);
  libc.close(fd);
  return moved < 0 ? moved : libc.close(moved);
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
