/** The command-line tool from its source, with this process's arguments. */
import { runProcess } from "../../src/cli/run_process.ts";

// A bare import of the entry would be dropped by esbuild: package.json says that importing has no side effects.
runProcess();
