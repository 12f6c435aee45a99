/**
 * Whether a runtime waits for a descriptor already, and that it does so no longer. Deno 2.9.5 closes a descriptor that it
 * is to adopt and waits for, and with it the socket of whoever had it first.
 */
import type { SystemCalls } from "./system_calls.ts";
import { duplicate, putAt, replace } from "./numbers.ts";
import { EINVAL, ENOENT } from "./error_numbers.ts";

const EEXIST = 17;
/** Descriptors are given out lowest first: after so many in a row that are not open, there are no more. */
const GAP = 256;
const LIMIT = 1 << 20;

/** True if an epoll of this process has the descriptor under this number. False on macOS, where nobody tells. */
export function isWatched(libc: SystemCalls, fd: number): boolean {
  // kqueue can't be asked without changing what it waits for.
  if (libc.layout.linux === null) return false;
  // Under a new number nobody has it: what can't remove it is no epoll, or says that it is not there.
  const stranger = duplicate(libc, fd);
  if (stranger < 0) return false;
  const watched = askEpolls(libc, stranger, (errno, epoll) => errno === -ENOENT && isIn(libc, epoll, fd));
  libc.close(stranger);
  return watched;
}

/**
 * Has the epoll of a runtime forget a number, before something else takes its place or it is closed by others than the
 * runtime. As long as somebody has the socket too, its datagrams would wake the runtime for what is gone.
 */
export function unwatch(libc: SystemCalls, fd: number): void {
  if (libc.layout.linux === null) return;
  try {
    askEpolls(libc, fd, (errno) => errno === 0);
  } catch {
    // What throws is no call of the kernel's, and nothing can be done without it.
  }
}

/** The same of a socket in whose place, at `fd`, something else stands by now. */
export function unwatchFormer(libc: SystemCalls, fd: number, socket: number): void {
  const aside = duplicate(libc, fd);
  putAt(libc, fd, socket);
  unwatch(libc, fd);
  if (aside >= 0) replace(libc, fd, aside);
}

/** Has one epoll of this process after the other remove a descriptor, until one answers what is waited for. */
function askEpolls(libc: SystemCalls, fd: number, isAwaited: (errno: number, epoll: number) => boolean): boolean {
  for (let epoll = 0, others = 0; epoll < LIMIT && others < GAP; epoll++) {
    const errno = control(libc, epoll, libc.layout.linux!.epoll.remove, fd);
    if (isAwaited(errno, epoll)) return true;
    // What an epoll answers, and what is none: others say that there is nothing, or that a sandbox refuses to ask.
    others = errno === -ENOENT || errno === -EINVAL ? 0 : others + 1;
  }
  return false;
}

/** To add it is the only question that changes nothing where it is there; no event is asked for. */
function isIn(libc: SystemCalls, epoll: number, fd: number): boolean {
  const { add, remove, eventSize } = libc.layout.linux!.epoll;
  libc.request.bytes.fill(0, 0, eventSize);
  const errno = control(libc, epoll, add, fd);
  if (errno === 0) control(libc, epoll, remove, fd);
  return errno === -EEXIST;
}

function control(libc: SystemCalls, epoll: number, operation: number, fd: number): number {
  return libc.calls.epoll_ctl(epoll, operation, fd, libc.request.pointer) < 0 ? -libc.binding.errno() : 0;
}
