import type { Absent } from "../libc/calls.ts";
import { openBell } from "../libc/bell.ts";
import { denoBinding } from "../libc/deno_binding.ts";
import type { Libc } from "../libc/libc.ts";
import { loadLibc } from "../libc/load.ts";

/** The C library, or why it can't be had. */
export function denoLibc(): Libc | Absent {
  return loadLibc(denoBinding, openBell);
}
