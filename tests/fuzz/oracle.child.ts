/** Programs on the runtime's own node:dgram. */
import dgram from "node:dgram";
import type { DgramModule } from "../conformance/stage.ts";
import { runPrograms } from "./run_programs.ts";

void runPrograms(dgram as unknown as DgramModule);
