import { setImmediate } from "node:timers";
import { hasEmptyQueue } from "../core/socket_memory.ts";
import type { KernelEnd } from "./kernel.ts";

/** So many turns the giver waits at most: here for an empty queue. */
export const MOST_TURNS = 1000;

/**
 * Has the kernel join no more of what a socket receives, for who could not tell it apart. What is joined already has to be
 * read before. Calls back with what takes that back, at once where nothing is joined; or null, when there was never a
 * moment at which nothing waited.
 */
export function unjoin(kernel: KernelEnd | null, done: (joinAgain: (() => void) | null) => void, turns = 0): void {
  if (kernel?.get("receiveOffload") !== 1) return done(() => {});
  const joinAgain = (): void => void kernel.set("receiveOffload", 1);
  if (hasEmptyQueue(kernel)) {
    kernel.set("receiveOffload", 0);
    // A row may have come between the two.
    if (hasEmptyQueue(kernel)) return done(joinAgain);
    joinAgain();
  }
  if (turns === MOST_TURNS) return done(null);
  setImmediate(unjoin, kernel, done, turns + 1);
}
