/** The scenarios on this module in a process that takes itself for a Mac. See chosen.ts for the arguments. */
import { pretended } from "../runtimes/macos/pretend.ts";
import process from "node:process";
import dgram from "@x/dgram";
import { chosen } from "./chosen.ts";
import { runScenarios } from "./run_scenarios.ts";
import { scenarios } from "./scenarios/mod.ts";
import type { DgramModule } from "./stage.ts";

if (process.arch !== pretended) throw new Error("this is no Mac");
void runScenarios(dgram as unknown as DgramModule, chosen(scenarios, process.argv.slice(2)));
