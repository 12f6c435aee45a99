/** The scenarios on this module with `--batches on` or `--batches off`. See chosen.ts for the other arguments. */
import process from "node:process";
import { chosen, option } from "./chosen.ts";
import { type Force, forcedSockets } from "./forced_batches.ts";
import { print, runScenarios } from "./run_scenarios.ts";
import { scenarios } from "./scenarios/mod.ts";
import type { DgramModule } from "./stage.ts";

const args = process.argv.slice(2);
const { dgram, seen } = forcedSockets(option(args, "--batches") as Force);

void runScenarios(dgram as unknown as DgramModule, chosen(scenarios, args)).then(() => print({ batches: seen }));
