/** What would bring what is missing without libc. */
export const NEEDS_LIBC = "needs libc through bun:ffi, on Linux and macOS";
