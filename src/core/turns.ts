import { microtask, nextTick } from "./process.ts";

/** How long, in ms, messages that keep coming may keep everything else from its turn. */
export const PATIENCE = 5;

/**
 * What has `next` called, to tell the next message, after the ticks and the microtasks of the one before, and after
 * theirs, as on Node. To be called before the listeners, which could change the asynchronous context.
 */
export function afterThisMessage(next: () => void): () => void {
  const afterTheirMicrotasks = (): void => nextTick(next);
  const afterMicrotasks = (): void => nextTick(microtask, afterTheirMicrotasks);
  return () => microtask(afterMicrotasks);
}
