/** The scenarios on this module, where mutants (scripts/mutate) are told which is being played. See chosen.ts for the arguments. */
import process from "node:process";
import dgram from "@x/dgram";
import { chosen } from "./chosen.ts";
import { runScenarios } from "./run_scenarios.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/mod.ts";
import type { DgramModule } from "./stage.ts";

const stryker = (globalThis as { __stryker__?: { currentTestId?: string } }).__stryker__ ??= {};

const told = (scenario: Scenario): Scenario => ({
  ...scenario,
  play: (stage) => {
    stryker.currentTestId = scenario.name;
    return scenario.play(stage);
  },
});

void runScenarios(dgram as unknown as DgramModule, chosen(scenarios, process.argv.slice(2)).map(told));
