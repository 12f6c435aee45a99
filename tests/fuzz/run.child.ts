/** Programs on this module; without a file, what it says of its features. */
import console from "node:console";
import process from "node:process";
import dgram, { capabilities } from "@x/dgram";
import type { DgramModule } from "../conformance/stage.ts";
import { runPrograms } from "./run_programs.ts";

if (process.argv.length > 2) void runPrograms(dgram as unknown as DgramModule);
else console.log(JSON.stringify(capabilities.features));
