import type { Capabilities, Feature, Handle } from "../core/backend.ts";
import { featureUnavailable } from "../core/errors.ts";
import { getProcess } from "../core/process.ts";
import type { State } from "../core/state.ts";
import type { AncillarySupport, Supported } from "./types.ts";

const NATIVE: Supported = { support: "native", note: undefined };
/** The feature that needs the same: Linux's control messages, through libc. */
const ALIKE: Feature = "receiveInfo";

/** What is known of a backend before one of its sockets is bound. */
function supportBy({ features, notes }: Capabilities): Supported {
  if (features[ALIKE] === "native") return NATIVE;
  const note = getProcess().platform === "linux" ? notes[ALIKE] : "it is there on Linux alone";
  return { support: "unavailable", note };
}

/** What is known of a socket. */
export function supportOf({ handle, settings }: State): Supported {
  const general = supportBy(settings.backend.capabilities);
  if (handle === null || general.support === "unavailable" || canSend(handle)) return general;
  return { support: "unavailable", note: "this socket is not sent from by libc, with sendmmsg" };
}

/** What is known of a socket's ICMP errors. */
export function icmpSupportOf(state: State): Supported {
  const general = supportOf(state);
  if (general.support === "unavailable" || state.settings.flags.receiveInfo) return general;
  // A runtime that receives itself reads the kernel's errors as well, and keeps what they say to itself: Bun does, and
  // Node 24.22 and 26 are aborted by them (libuv 1.52).
  return { support: "unavailable", note: "the socket has to be made with receiveInfo: true" };
}

/** What is known of a socket, or of a backend. */
export function ancillarySupportOf(of: State | Capabilities): AncillarySupport {
  if ("features" in of) return { ...supportBy(of), icmp: supportBy(of) };
  return { ...supportOf(of), icmp: icmpSupportOf(of) };
}

/** True if a handle's datagrams pass its kernel socket, and libc is there; or if it needs none. */
export function canSend({ kernel, deferred }: Handle): boolean {
  if (kernel?.sendInformed) return true;
  const libc = kernel?.libc;
  return !deferred && libc !== undefined && libc.layout.name === "linux" && libc.batches;
}

/** The error of one that can't. */
export function unavailable(state: State, note: string | undefined = supportOf(state).note): Error {
  const { runtime } = state.settings.backend.capabilities;
  return featureUnavailable("ancillary" as Feature, { runtime, notes: { ancillary: note } } as unknown as Capabilities);
}
