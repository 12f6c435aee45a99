/** Which scenarios can't be played here. */
import { networkInterfaces } from "node:os";
import process from "node:process";
import { type Capabilities, capabilities } from "@x/dgram";
import { broadcastNotRefused } from "../support/broadcast.ts";
import { noAddress } from "../support/loopback.ts";
import { pythonSkip } from "../support/python.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/mod.ts";

/** Where scenarios are to be played. */
export interface Place extends Pick<Capabilities, "features" | "notes"> {
  readonly platform: string;
}

const HERE: Place = { features: capabilities.features, notes: capabilities.notes, platform: process.platform };
const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));

/** Why a process can't be started with descriptors to adopt, or false. */
export const noDescriptors: string | false = process.platform === "win32"
  ? "a process inherits no sockets by their number on Windows"
  : pythonSkip;

/** Why the scenario can't be played here, or false. */
export function reasonToSkip(scenario: Scenario, { features, notes, platform }: Place = HERE): string | false {
  const lacking = scenario.needs?.find((feature) => features[feature] === "unavailable") ??
    scenario.native?.find((feature) => features[feature] !== "native");
  if (lacking !== undefined) return notes[lacking] ?? `${lacking} is unavailable`;
  if (scenario.linux !== undefined && platform !== "linux") return scenario.linux;
  if (scenario.ipv6 && !hasIPv6) return "there is no ::1 here";
  for (const address of scenario.addresses ?? []) {
    const reason = address === "255.255.255.255" ? broadcastNotRefused() : noAddress(address);
    if (reason !== false) return reason;
  }
  return scenario.descriptors ? noDescriptors : false;
}

/** The names of those scenarios. */
export function lackingScenarios(place: Place = HERE): string[] {
  return scenarios.filter((scenario) => reasonToSkip(scenario, place) !== false).map(({ name }) => name);
}
