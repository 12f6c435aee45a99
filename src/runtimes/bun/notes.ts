import { bunLibc } from "./libc.ts";
import { isLibc } from "../libc/load.ts";

/** What would bring what is missing without libc, or why nothing does here. */
export function needsLibc(): string {
  const loaded = bunLibc();
  return `needs libc through bun:ffi${isLibc(loaded) ? ", on Linux and macOS" : ` (${loaded.absent})`}`;
}
