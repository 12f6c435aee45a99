// `npm test`: runs every test on every runtime and prints one table. Plain JavaScript without any package, so that it
// can install the packages itself in a fresh clone.
import process from "node:process";
import { parseOptions, usage } from "./matrix/options.mjs";
import { installPackages } from "./matrix/packages.mjs";

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(usage);
  } else {
    await installPackages();
    // Only now: what follows uses the packages.
    const { runMatrix } = await import("./matrix/run.mjs");
    process.exitCode = await runMatrix(options);
  }
} catch (error) {
  console.error(error);
  console.log("0 passed, 1 failed, 0 skipped");
  process.exitCode = 1;
}
