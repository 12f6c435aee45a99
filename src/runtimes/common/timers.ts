/** The runtime's timers, by one import for each file that is packed, and not those that a test puts in their place. */
export { clearImmediate, clearTimeout, setImmediate, setTimeout } from "node:timers";
