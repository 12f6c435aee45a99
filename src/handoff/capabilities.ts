import { isMainThread } from "node:worker_threads";
import type { Capabilities, Support } from "../core/backend.ts";
import { getProcess } from "../core/process.ts";
import { capabilities as ofSockets } from "../dgram.ts";
import type { HandoffCapabilities, HandoffFeature } from "./types.ts";

/** Seen once in some ten handoffs of Deno 2.9: the first of forty datagrams was lost. */
const READS_ON = "Deno alone may lose a datagram while its socket changes hands: needs --allow-ffi";

/** Of Node, which ends with a thread what the thread has opened. */
const IN_THREAD = "from a worker thread it needs @x/dgram/ffi: a thread's end closes its descriptors";

/** Why a socket can't leave that way; undefined where it can. */
export function whyNotGiven(feature: HandoffFeature, capabilities: Capabilities): string | undefined {
  const note = whyNotTaken(feature, capabilities);
  if (note !== undefined || feature === "handoffToProcess" || capabilities.backend !== "node") return note;
  return isMainThread ? undefined : IN_THREAD;
}

/** Why a socket can't arrive that way; undefined where it can. */
export function whyNotTaken(
  feature: HandoffFeature,
  { backend, features, notes, runtime }: Capabilities,
): string | undefined {
  const missing = (["pause", "fd"] as const).find((each) => features[each] === "unavailable");
  if (missing) return `${missing}: ${notes[missing] ?? "unavailable"}`;
  if (backend === "deno") return "Deno.listenDatagram tells no descriptor";
  if (runtime === "deno" && features.receiveInfo === "unavailable") return READS_ON;
  const { platform } = getProcess();
  if (feature === "handoffToThread") return;
  if (platform === "win32") return "no sockets pass between processes on Windows";
  if (runtime !== "node" && platform !== "linux") return "libc passes descriptors on Linux alone";
}

/**
 * What can be handed off here, with the permissions and flags that this runtime was started with. What can't fails with
 * ERR_FEATURE_UNAVAILABLE_ON_PLATFORM. The other side has to be able to take it, too: see {@linkcode sendSocket}.
 *
 * @example
 * ```ts
 * import { handoffCapabilities } from "@x/dgram/handoff";
 *
 * const { features, notes } = handoffCapabilities;
 * if (features.handoffToProcess === "unavailable") console.log(`they stay here: ${notes.handoffToProcess}`);
 * ```
 */
export const handoffCapabilities: HandoffCapabilities = {
  get features() {
    return ofEach((note): Support => note === undefined ? "native" : "unavailable");
  },
  get notes() {
    return ofEach((note) => note);
  },
};

const FEATURES: readonly HandoffFeature[] = ["handoffToProcess", "handoffToThread"];

/** Without those of which there is nothing to say. */
function ofEach<Value>(say: (note: string | undefined) => Value): Record<HandoffFeature, NonNullable<Value>> {
  const said = FEATURES.map((feature) => [feature, say(whyNotGiven(feature, ofSockets))]);
  return Object.fromEntries(said.filter(([, value]) => value !== undefined)) as never;
}
