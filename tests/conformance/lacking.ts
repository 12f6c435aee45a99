/** Which scenarios can't be played here. */
import { networkInterfaces } from "node:os";
import process from "node:process";
import { type Capabilities, capabilities } from "@x/dgram";
import { pythonSkip } from "../support/python.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/mod.ts";

/** Where scenarios are to be played. */
export interface Place extends Pick<Capabilities, "features" | "notes"> {
  readonly platform: string;
}

const HERE: Place = { features: capabilities.features, notes: capabilities.notes, platform: process.platform };
const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));

/** Why the scenario can't be played here, or false. */
export function reasonToSkip(scenario: Scenario, { features, notes, platform }: Place = HERE): string | false {
  const lacking = scenario.needs?.find((feature) => features[feature] === "unavailable") ??
    scenario.native?.find((feature) => features[feature] !== "native");
  if (lacking !== undefined) return notes[lacking] ?? `${lacking} is unavailable`;
  if (scenario.linux !== undefined && platform !== "linux") return scenario.linux;
  if (scenario.ipv6 && !hasIPv6) return "there is no ::1 here";
  return scenario.descriptors ? pythonSkip : false;
}

/** The names of those scenarios. */
export function lackingScenarios(place: Place = HERE): string[] {
  return scenarios.filter((scenario) => reasonToSkip(scenario, place) !== false).map(({ name }) => name);
}
