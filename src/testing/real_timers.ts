/** The runtime's own, as they were when this was loaded: a test may put others in their place, and so may `install()`. */
import * as timers from "node:timers";
import { nextTick } from "../core/process.ts";

// The imported names would follow what takes their place.
export const setImmediate: (callback: () => void) => unknown = timers.setImmediate;
export const setTimeout: typeof timers.setTimeout = timers.setTimeout;
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout;

export const now: () => number = performance.now.bind(performance);

/** What an ES module that imports node:timers has now. */
export const importedTimers: { readonly setTimeout: unknown } = timers;

// The core takes process.nextTick with its first call: before somebody else takes its place.
nextTick(() => {});
