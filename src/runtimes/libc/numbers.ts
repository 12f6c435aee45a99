/**
 * What stands at a descriptor's number, and how it is changed.
 */
import type { SystemCalls } from "./system_calls.ts";

/** Another descriptor of the same open file, or an errno. */
export function duplicate(libc: SystemCalls, fd: number): number {
  const other = libc.calls.fcntl(fd, libc.layout.descriptors.duplicate, 0);
  return other < 0 ? libc.failure() : other;
}

/** Has `fd` stand for the open file of `other`, too: 0 or an errno. */
export function putAt(libc: SystemCalls, fd: number, other: number): number {
  const { calls, layout } = libc;
  const { setDescriptorFlags, closeOnExec } = layout.descriptors;
  libc.changes++;
  if (calls.dup2(other, fd) < 0) return libc.failure();
  calls.fcntl(fd, setDescriptorFlags, closeOnExec);
  return 0;
}

/** Puts `other`, which is closed, in the place of what `fd` stands for: 0 or an errno. */
export function replace(libc: SystemCalls, fd: number, other: number): number {
  const errno = putAt(libc, fd, other);
  libc.close(other);
  return errno;
}

/** The same, where the open file of `fd` moves to the descriptor that is answered; or an errno. */
export function exchange(libc: SystemCalls, fd: number, other: number): number {
  const moved = duplicate(libc, fd);
  if (moved < 0) {
    libc.close(other);
    return moved;
  }
  const errno = replace(libc, fd, other);
  if (errno === 0) return moved;
  libc.close(moved);
  return errno;
}

/** Has `fd`, if it was closed, stand again for the open file of `aside`, which is closed. */
export function restore(libc: SystemCalls, fd: number, aside: number): void {
  // Not by dup2, which would close what another thread may have opened meanwhile.
  const back = libc.calls.fcntl(aside, libc.layout.descriptors.duplicate, fd);
  if (back >= 0 && back !== fd) libc.close(back);
  libc.close(aside);
}

/** A socket that is bound to nothing, or an errno. */
export function openUnbound(libc: SystemCalls): number {
  return libc.socket(4);
}

/**
 * Has a runtime own the number of a socket, which it closes when its thread ends, and not wait for the socket: `own`
 * finds another in its place, and the runtime's epoll or kqueue forgets that one when it ends. Answers what `own` does, or an errno.
 */
export function ownUnwatched<Owner>(libc: SystemCalls, fd: number, own: () => Owner): Owner | number {
  const placeholder = openUnbound(libc);
  if (placeholder < 0) return placeholder;
  const aside = exchange(libc, fd, placeholder);
  if (aside < 0) return aside;
  try {
    return own();
  } finally {
    replace(libc, fd, aside);
  }
}
