import type { Feature, Support } from "../../core/backend.ts";
import { featureTable, sameFor } from "../common/feature_table.ts";
import { isWindows } from "../common/platform.ts";
import { WITHOUT_OFFLOADS } from "../kernel/offload_support.ts";
import { canAdopt } from "./adopt.ts";

const LACKING = [
  "bindToDevice",
  "closeInTurn",
  "cluster",
  "dontFragment",
  "icmpErrors",
  "pathMTU",
  "receiveInfo",
  "reusePort",
  "sendInTurn",
  "trafficClass",
] as const;

const EMULATED = [
  "connect",
  "linkLocalScope",
  "multicastTTL",
  "recvBufferSize",
  "sendBatch",
  "sendBufferSize",
] as const;

/** The features of every socket of Deno's, and what is different with one of its two APIs. */
export function denoFeatures(different: Partial<Record<Feature, Support>>): Record<Feature, Support> {
  return featureTable({
    ...sameFor(LACKING, "unavailable"),
    ...sameFor(EMULATED, "emulated"),
    ...WITHOUT_OFFLOADS,
    fd: !isWindows() && canAdopt() ? "emulated" : "unavailable",
    ipv6Only: isWindows() ? "emulated" : "native",
    ...different,
  });
}
