/** What the entries share: in the npm package one file for each runtime, which package.json calls `#core`. */
export { ACCESS_DENIED, UNAVAILABLE } from "./core/backend.ts";
export { formatIPv4, formatIPv6, isLinkLocal, readIPv4, readIPv6 } from "./core/address_text.ts";
export { builtin } from "./core/builtins.ts";
export { byteLengthOf } from "./core/bytes.ts";
export { cachedLookup } from "./core/cached_lookup.ts";
export { EventEmitter } from "./core/event_emitter.ts";
export {
  getErrno,
  invalidArgType,
  invalidArgValue,
  lookupError,
  notRunning,
  outOfRange,
  systemCallErrorAt,
} from "./core/errors.ts";
export { isIP, isIPv4, isIPv6 } from "./core/ip.ts";
export { resolve } from "./core/lookup.ts";
export { canonicalPeer, isMulticast, loopbackAddress } from "./core/numeric_address.ts";
export { getProcess, nextTick } from "./core/process.ts";
export { socketsOver } from "./core/socket.ts";
export { afterThisMessage, PATIENCE } from "./core/turns.ts";
export {
  validateAbortSignal,
  validateFunction,
  validateNumber,
  validatePort,
  validateString,
  validateUint32,
} from "./core/validate.ts";
export { backend, capabilities, createSocket, default, Socket } from "./dgram.ts";
