/**
 * The errno numbers that Linux and macOS share.
 */

/** Not there. */
export const ENOENT = 2;
/** Interrupted by a signal: the call is to be made again. */
export const EINTR = 4;
/** How often at most: what says so for ever is no kernel. */
export const INTERRUPTIONS = 1000;
/** The process has no more descriptors. */
export const EMFILE = 24;
/** ENOMEM, ENFILE, EMFILE: no memory, or the machine, or the process, has no more descriptors. */
const SHORTAGES: readonly number[] = [-12, -23, -24];
/** No such descriptor. */
export const EBADF = 9;
/** No permission. */
export const EACCES = 13;
/** Not a value that the call accepts. */
export const EINVAL = 22;

/** True for a want that may have passed when it is tried again. */
export function isShortage(errno: number): boolean {
  return SHORTAGES.includes(errno);
}
