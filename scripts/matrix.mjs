// `npm test`: runs every test on every runtime and prints one table. Plain JavaScript without any package, so that it
// can install the packages itself in a fresh clone.
import { runCommandLine } from "./matrix/command_line.mjs";
import { parseOptions, usage } from "./matrix/options.mjs";

const load = async () => (await import("./matrix/run.mjs")).runMatrix;
await runCommandLine({ parseOptions, usage }, load, (error) => {
  console.error(error);
  console.log("0 passed, 1 failed, 0 skipped");
});
