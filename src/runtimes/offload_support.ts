import type { Capabilities, Feature, Support } from "../core/backend.ts";
import type { Libc } from "./libc/libc.ts";

/** How the two are offered without libc: the datagrams are the same, the system calls more. */
export const WITHOUT_OFFLOADS: { readonly [F in Feature & `${string}Offload`]: "emulated" } = {
  receiveOffload: "emulated",
  sendOffload: "emulated",
};

/** What is different then. */
export const OFFLOAD_NOTES: Capabilities["notes"] = {
  receiveOffload: "the kernel joins no datagrams here: each is received by itself",
  sendOffload: "the kernel cuts nothing here: each datagram is sent by itself",
};

/**
 * Has features and notes tell what the kernel can do, which is looked at when somebody asks.
 *
 * @param receives false where libc does not receive, whatever the kernel can do
 */
export function showOffloads(
  features: Record<Feature, Support>,
  notes: Partial<Record<Feature, string>>,
  libc: Libc,
  receives = true,
): void {
  show("receiveOffload", () => receives && libc.offloads.receive);
  show("sendOffload", () => libc.offloads.send);

  function show(feature: keyof typeof WITHOUT_OFFLOADS, isThere: () => boolean): void {
    const enumerable = true;
    Object.defineProperty(features, feature, { enumerable, get: () => isThere() ? "native" : "emulated" });
    Object.defineProperty(notes, feature, {
      enumerable,
      get: () => isThere() ? undefined : OFFLOAD_NOTES[feature],
    });
  }
}
