import type { Capabilities, Feature, Support } from "../../core/backend.ts";
import type { Libc } from "../libc/libc.ts";

/** How the two are offered without libc: the datagrams are the same, the system calls more. */
export const WITHOUT_OFFLOADS: { readonly [F in Feature & `${string}Offload`]: "emulated" } = {
  receiveOffload: "emulated",
  sendOffload: "emulated",
};

/** What is different then. */
export const ONE_BY_ONE = "one system call for each datagram";

export const OFFLOAD_NOTES: Capabilities["notes"] = { receiveOffload: ONE_BY_ONE, sendOffload: ONE_BY_ONE };

/** A sandbox may refuse them. */
const NO_BATCHES = "the system calls sendmmsg and recvmmsg are refused here: one for each datagram instead";

/**
 * Has features and notes tell what the kernel can do, which is looked at when somebody asks.
 *
 * @param receives false where libc does not receive, whatever the kernel can do
 */
export function showOffloads(
  features: Record<Feature, Support>,
  notes: Partial<Record<Feature, string | undefined>>,
  libc: Libc,
  receives: () => boolean = () => true,
): void {
  const isThere = {
    receiveOffload: () => receives() && libc.offloads.receive,
    sendOffload: () => libc.offloads.send,
  };
  for (const feature of ["receiveOffload", "sendOffload"] as const) {
    show(features, notes, feature, isThere[feature], WITHOUT_OFFLOADS[feature], OFFLOAD_NOTES[feature]!);
  }
}

/** The same of many datagrams in one system call. */
export function showBatches(
  features: Record<Feature, Support>,
  notes: Partial<Record<Feature, string | undefined>>,
  libc: Libc,
): void {
  show(features, notes, "sendBatch", () => libc.batches, "emulated", libc.layout.lacks.sendBatch ?? NO_BATCHES);
}

/** Has a feature be native if it is there, which is asked when somebody asks. */
export function show(
  features: Record<Feature, Support>,
  notes: Partial<Record<Feature, string | undefined>>,
  feature: Feature,
  isThere: () => boolean,
  otherwise: Support,
  note: string,
): void {
  const enumerable = true;
  Object.defineProperty(features, feature, { enumerable, get: () => isThere() ? "native" : otherwise });
  Object.defineProperty(notes, feature, { enumerable, get: () => isThere() ? undefined : note });
}
