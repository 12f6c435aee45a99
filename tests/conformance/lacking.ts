/** Which scenarios can't be played here. */
import { networkInterfaces } from "node:os";
import { capabilities } from "@x/dgram";
import { pythonSkip } from "../support/python.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/mod.ts";

const { features, notes } = capabilities;
const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));

/** Why the scenario can't be played here, or false. */
export function reasonToSkip(scenario: Scenario): string | false {
  const lacking = scenario.needs?.find((feature) => features[feature] === "unavailable") ??
    scenario.native?.find((feature) => features[feature] !== "native");
  if (lacking !== undefined) return notes[lacking] ?? `${lacking} is unavailable`;
  if (scenario.ipv6 && !hasIPv6) return "there is no ::1 here";
  return scenario.descriptors ? pythonSkip : false;
}

/** The names of those scenarios. */
export function lackingScenarios(): string[] {
  return scenarios.filter((scenario) => reasonToSkip(scenario) !== false).map(({ name }) => name);
}
