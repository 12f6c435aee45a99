/**
 * The errno numbers that Linux and macOS share.
 */

/** Interrupted by a signal: the call is to be made again. */
export const EINTR = 4;
/** No such descriptor. */
export const EBADF = 9;
/** Not a value that the call accepts. */
export const EINVAL = 22;
