/** The runtime's timers, by one import for each file that is packed, and not those that a test puts in their place. */
import { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } from "node:timers";

export { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout };

/** What a handle waits by. Its own tests put theirs here. */
export const timeouts: { setTimeout: typeof setTimeout; clearTimeout: typeof clearTimeout } = {
  setTimeout,
  clearTimeout,
};
