// Runs one cell and answers { passed, failed, skipped, seconds, failures: [{ name, message }], names?, notes? }.
import { runBundlers } from "./bundlers.mjs";
import { runCommand } from "./command.mjs";
import { runConsumers } from "./consumers.mjs";
import { runDependents } from "./dependents.mjs";
import { runElsewhere } from "./elsewhere/run.mjs";
import { measureFootprint } from "./footprint.mjs";
import { runTests, tail } from "./run_tests.mjs";
import { checkTypes } from "./types.mjs";

const checkTimeout = 600_000;

const ending = ({ code, timedOut, seconds }) =>
  timedOut ? `killed after ${Math.round(seconds)} s` : `exit code ${code}`;

/** `deno doc --lint` says much about @types/node that no one can mend here. */
const withoutNoise = (text) => text.replace(/^Warning Failed resolving types\..*\n(\s+at .*\n)?/gm, "");

async function runCheck(cell) {
  const result = await runCommand(cell.command, { timeout: checkTimeout });
  const ok = result.code === 0;
  const failures = ok
    ? []
    : [{ name: cell.name, message: `${ending(result)}\n${tail(withoutNoise(result.output), 60)}` }];
  return { passed: Number(ok), failed: Number(!ok), skipped: 0, seconds: result.seconds, failures };
}

export async function runCell(cell, { bundles, problems }, testFiles, options = {}) {
  const started = performance.now();
  try {
    for (const need of [cell.dist && "dist", cell.bundle?.join("-")]) {
      if (problems.has(need)) throw new Error(`${need} could not be built: ${problems.get(need)}`);
    }
    if (cell.kind === "tests") return await runTests(cell, bundles, testFiles);
    if (cell.kind === "elsewhere") return await runElsewhere(cell, bundles, options);
    if (cell.kind === "check") return await runCheck(cell);
    if (cell.kind === "consumers") return await runConsumers();
    if (cell.kind === "bundlers") return await runBundlers();
    if (cell.kind === "dependents") return await runDependents();
    if (cell.kind === "types") return await checkTypes();
    return await measureFootprint();
  } catch (error) {
    const seconds = (performance.now() - started) / 1000;
    const failures = [{ name: "(the cell itself)", message: error.message }];
    return { passed: 0, failed: 1, skipped: 0, seconds, failures };
  }
}
