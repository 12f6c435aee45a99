/** The errors of this entry; all others are the core's. */
import type { Feature } from "../core/backend.ts";
import { featureUnavailable } from "../core/errors.ts";
import type { HandoffFeature } from "./types.ts";

export const OTHER_ENDED = "the other side has ended";

/** A socket that stays where it is. */
export function notHandedOff(reason: string, cause?: Error): Error {
  return ofHandoff(`The socket was not handed off: ${reason}`, cause);
}

/** One that has gone, with who took it. */
export function handedOffInPart(cause: Error): Error {
  return ofHandoff(
    "The socket was handed off, but it or what waited here may be lost",
    cause,
  );
}

function ofHandoff(message: string, cause: Error | undefined): Error {
  return Object.assign(new Error(message, cause && { cause }), { code: "ERR_SOCKET_DGRAM_HANDOFF" });
}

/** What this runtime can't do, or not with that receiver. */
export function handoffUnavailable(feature: HandoffFeature, runtime: string, note: string): Error {
  // The core words it for its own features.
  return featureUnavailable(feature as never as Feature, { runtime, notes: { [feature]: note } } as never);
}
