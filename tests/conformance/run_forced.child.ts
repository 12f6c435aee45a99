/** The scenarios on this module with `--forced JSON`, see forced_batches.ts. See chosen.ts for the other arguments. */
import process from "node:process";
import { chosen, option } from "./chosen.ts";
import { type Forced, forcedSockets } from "./forced_batches.ts";
import { print, runScenarios } from "./run_scenarios.ts";
import { scenarios } from "./scenarios/mod.ts";
import type { DgramModule } from "./stage.ts";

const args = process.argv.slice(2);
const forced: Forced = JSON.parse(option(args, "--forced")!);
const { dgram, seen } = forcedSockets(forced);

// Deno 2.9.5 wakes a socket that libc receives for some milliseconds after others that were woken later.
void runScenarios(dgram as unknown as DgramModule, chosen(scenarios, args), { waits: true, others: forced.others })
  .then(() => print({ batches: seen }));
