/** The runtime's own, as they were when this was loaded: a test may put others in their place, and so may `install()`. */
import { setImmediate as immediate } from "node:timers";
import * as timers from "node:timers";
import { nextTick } from "../core/process.ts";

// The imported name would follow what takes its place.
export const setImmediate: (callback: () => void) => unknown = immediate;

/** What an ES module that imports node:timers has now. */
export const importedTimers: { readonly setTimeout: unknown } = timers;

// The core takes process.nextTick with its first call: before somebody else takes its place.
nextTick(() => {});
