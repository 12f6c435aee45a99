import type { Feature } from "../core/backend.ts";
import { getProcess } from "../core/process.ts";

/** True on Windows, on whichever runtime. */
export function isWindows(): boolean {
  return getProcess().platform === "win32";
}

/** What no runtime has there. */
export const NOT_ON_WINDOWS: readonly Feature[] = ["cluster", "fd", "icmpErrors"];
