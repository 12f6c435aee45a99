/**
 * The scenarios that can be played here, on this module, and what it says of its capabilities: for a parent on another
 * machine than this runtime's, see scripts/matrix/elsewhere. See chosen.ts for the arguments.
 */
import process from "node:process";
import dgram, { capabilities } from "@x/dgram";
import { chosen } from "./chosen.ts";
import { reasonToSkip } from "./lacking.ts";
import { print, runScenarios } from "./run_scenarios.ts";
import { scenarios } from "./scenarios/mod.ts";
import type { DgramModule } from "./stage.ts";

const reasons = new Map(scenarios.map((scenario) => [scenario.name, reasonToSkip(scenario)]));
const playable = scenarios.filter(({ name }) => reasons.get(name) === false);
const lacking = Object.fromEntries([...reasons].filter(([, reason]) => reason !== false)) as Record<string, string>;

print({ here: { ...capabilities, lacking } });
void runScenarios(dgram as unknown as DgramModule, chosen(playable, process.argv.slice(2)));
