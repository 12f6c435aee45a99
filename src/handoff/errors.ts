/** The errors of this entry; all others are the core's. */
import type { Feature } from "../core/backend.ts";
import { featureUnavailable } from "../core/errors.ts";
import type { HandoffFeature } from "./types.ts";

/** A socket that stays where it is. */
export function notHandedOff(reason: string, cause?: Error): Error {
  const error = new Error(`The socket was not handed off: ${reason}`, cause && { cause });
  return Object.assign(error, { code: "ERR_SOCKET_DGRAM_HANDOFF" });
}

/** What this runtime can't do, or not with that receiver. */
export function handoffUnavailable(feature: HandoffFeature, runtime: string, note: string): Error {
  // The core words it for its own features.
  return featureUnavailable(feature as never as Feature, { runtime, notes: { [feature]: note } } as never);
}
