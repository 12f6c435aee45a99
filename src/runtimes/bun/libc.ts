import { bunBinding } from "../libc/bun_binding.ts";
import type { Absent } from "../libc/calls.ts";
import type { Libc } from "../libc/libc.ts";
import { loadLibc } from "../libc/load.ts";

/** The C library, or why it can't be had. */
export function bunLibc(): Libc | Absent {
  return loadLibc(bunBinding);
}
