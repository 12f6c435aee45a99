/** The scenarios on the runtime's own node:dgram. scripts/record_oracle.mjs runs this. */
import dgram from "node:dgram";
import process from "node:process";
import { chosen } from "./chosen.ts";
import { runScenarios } from "./run_scenarios.ts";
import { scenarios } from "./scenarios/mod.ts";
import type { DgramModule } from "./stage.ts";

void runScenarios(dgram as unknown as DgramModule, chosen(scenarios, process.argv.slice(2)));
