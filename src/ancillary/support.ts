import type { Capabilities, Feature, Handle } from "../core/backend.ts";
import { featureUnavailable } from "../core/errors.ts";
import { getProcess } from "../core/process.ts";
import type { State } from "../core/state.ts";
import type { AncillarySupport } from "./types.ts";

const NATIVE: AncillarySupport = { support: "native", note: undefined };
/** The feature that needs the same: Linux's control messages, through libc. */
const ALIKE: Feature = "receiveInfo";

/** What is known of a backend before one of its sockets is bound. */
export function supportBy({ backend, features, notes }: Capabilities): AncillarySupport {
  if (backend === "memory") return { support: "unavailable", note: "networks in memory have no control messages" };
  if (features[ALIKE] === "native") return NATIVE;
  const note = getProcess().platform === "linux" ? notes[ALIKE] : "it is there on Linux alone";
  return { support: "unavailable", note };
}

/** What is known of a socket. */
export function supportOf({ handle, settings }: State): AncillarySupport {
  const general = supportBy(settings.backend.capabilities);
  if (handle === null || general.support === "unavailable" || canSend(handle)) return general;
  return { support: "unavailable", note: "this socket is not sent from by libc, with sendmmsg" };
}

/** True if a handle's datagrams pass its kernel socket, and libc is there. */
export function canSend({ kernel, deferred }: Handle): boolean {
  const libc = kernel?.libc;
  return !deferred && libc !== undefined && libc.layout.name === "linux" && libc.batches;
}

/** The error of one that can't. */
export function unavailable(state: State): Error {
  const { note } = supportOf(state);
  const { runtime } = state.settings.backend.capabilities;
  return featureUnavailable("ancillary" as Feature, { runtime, notes: { ancillary: note } } as unknown as Capabilities);
}
