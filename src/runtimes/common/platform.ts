import type { Feature } from "../../core/backend.ts";
import { getProcess } from "../../core/process.ts";

/** True on Windows, on whichever runtime. */
export function isWindows(): boolean {
  return getProcess().platform === "win32";
}

/** True on macOS. */
export function isMacOS(): boolean {
  return getProcess().platform === "darwin";
}

/** True where the kernel is Linux' own, or one that takes itself for it: Android too. */
export function isLinux(): boolean {
  return !isWindows() && !isMacOS();
}

/** What no runtime has on Windows. */
export const NOT_ON_WINDOWS: readonly Feature[] = ["cluster", "fd", "icmpErrors"];
