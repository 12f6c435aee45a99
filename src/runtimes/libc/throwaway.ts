/**
 * Sockets to try something on.
 */
import type { Family } from "../../core/backend.ts";
import type { BatchCalls } from "./batch_calls.ts";
import { Descriptor } from "./descriptor.ts";

/** A socket of its own, or an errno. */
export function throwaway(libc: BatchCalls, family: Family): Descriptor | number {
  const fd = libc.socket(family);
  return fd < 0 ? fd : new Descriptor(libc, fd, family, true);
}
