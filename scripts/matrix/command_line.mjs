// A command line of the project's in a fresh clone, too: what it runs is loaded once the packages are installed.
import process from "node:process";
import { installPackages } from "./packages.mjs";

/** `load` imports what runs, which answers the exit code; `failed` is told of what it throws. */
export async function runCommandLine({ parseOptions, usage }, load, failed) {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options.help) {
      console.log(usage);
      return;
    }
    await installPackages();
    const run = await load();
    process.exitCode = await run(options);
  } catch (error) {
    failed(error);
    process.exitCode = 1;
  }
}
