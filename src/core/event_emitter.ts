/** One import for all that needs it. */
export { EventEmitter } from "node:events";
