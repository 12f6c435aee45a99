/** Programs on this module. */
import dgram from "@x/dgram";
import type { DgramModule } from "../conformance/stage.ts";
import { runPrograms } from "./run_programs.ts";

void runPrograms(dgram as unknown as DgramModule);
