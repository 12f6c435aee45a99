// `npm run bench`: measures this module against every other way to use UDP on the same runtimes, and against C. Plain
// JavaScript without any package, so that it can install the packages itself in a fresh clone.
import process from "node:process";
import { parseOptions, usage } from "../benchmarks/options.mjs";
import { installPackages } from "./matrix/packages.mjs";

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(usage);
  } else {
    await installPackages();
    // Only now: what follows uses the packages.
    const { runBenchmark } = await import("../benchmarks/run.mjs");
    process.exitCode = await runBenchmark(options);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
