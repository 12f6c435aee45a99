// `npm run bench`: measures this module against every other way to use UDP on the same runtimes, and against C. Plain
// JavaScript without any package, so that it can install the packages itself in a fresh clone.
import { parseOptions, usage } from "../benchmarks/options.mjs";
import { runCommandLine } from "./matrix/command_line.mjs";

const load = async () => (await import("../benchmarks/run.mjs")).runBenchmark;
await runCommandLine({ parseOptions, usage }, load, (error) => {
  console.error(error instanceof Error ? error.message : error);
});
