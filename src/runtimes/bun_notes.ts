import { isLibc, loadLibc } from "./libc/load.ts";

/** What would bring what is missing without libc, or why nothing does here. */
export function needsLibc(): string {
  const loaded = loadLibc("bun");
  return `needs libc through bun:ffi${isLibc(loaded) ? ", on Linux and macOS" : ` (${loaded.absent})`}`;
}
