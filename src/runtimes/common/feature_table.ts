import type { Feature, Support } from "../../core/backend.ts";

const FEATURES = [
  "bindSync",
  "bindToDevice",
  "broadcast",
  "closeInTurn",
  "cluster",
  "connect",
  "dontFragment",
  "fd",
  "icmpErrors",
  "ipv6Only",
  "linkLocalScope",
  "membership",
  "multicastInterface",
  "multicastLoopback",
  "multicastTTL",
  "pathMTU",
  "pause",
  "receiveInfo",
  "receiveOffload",
  "recvBufferSize",
  "reuseAddr",
  "reusePort",
  "sendBatch",
  "sendBufferSize",
  "sendErrors",
  "sendInTurn",
  "sendOffload",
  "sourcePortZero",
  "sourceSpecificMembership",
  "trafficClass",
  "ttl",
] as const;

/** All features: native, but for those that are said to be otherwise. It does not compile if one is missing above. */
export function featureTable(others: Partial<Record<Feature, Support>>): Record<Feature, Support> {
  const table = Object.fromEntries(FEATURES.map((feature) => [feature, others[feature] ?? "native"]));
  return table as Record<(typeof FEATURES)[number], Support>;
}

/** The same of each of these features: their support, or a note. */
export function sameFor<Value>(features: readonly Feature[], value: Value): Partial<Record<Feature, Value>> {
  return Object.fromEntries(features.map((feature) => [feature, value]));
}
