// Runs one cell and answers { passed, failed, skipped, seconds, failures: [{ name, message }], names?, notes? }.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { runCommand } from "./command.mjs";
import { runConsumers } from "./consumers.mjs";
import { measureFootprint } from "./footprint.mjs";
import { readJunit } from "./junit.mjs";
import { root, runDirectory } from "./paths.mjs";
import { logFailure } from "./report.mjs";

const cellTimeout = 300_000;
const checkTimeout = 180_000;

const fileName = (cell, suffix) => path.join(runDirectory, `${cell.name.replace(/\W+/g, "-")}${suffix}`);
const tail = (text, lines = 25) => text.trimEnd().split("\n").slice(-lines).join("\n");
const ending = ({ code, timedOut, seconds }) =>
  timedOut ? `killed after ${Math.round(seconds)} s` : `exit code ${code}`;

async function runTests(cell, bundles, testFiles) {
  const runtime = await cell.runtime();
  if (runtime.reason) return { passed: 0, failed: 0, skipped: 1, seconds: 0, failures: [], reason: runtime.reason };

  const bundle = cell.bundle && bundles.get(cell.bundle.join("-"));
  const report = fileName(cell, ".xml");
  const conformance = fileName(cell, ".conformance.json");
  const { command, flags } = cell.runner(runtime.path, bundle?.files ?? testFiles.tests, report);
  const result = await runCommand(command, {
    timeout: cellTimeout,
    env: {
      ...cell.env,
      DGRAM_TEST_ROOT: root,
      DGRAM_TEST_DIR: bundle?.directory ?? path.join(root, "tests"),
      DGRAM_TEST_EXT: bundle?.extension ?? ".ts",
      DGRAM_TEST_SUBJECT: cell.subject,
      DGRAM_TEST_CELL: cell.name,
      DGRAM_RUNTIME_FLAGS: JSON.stringify(flags),
      DGRAM_CONFORMANCE_OUT: conformance,
    },
  });

  let tests;
  const failures = [];
  try {
    tests = readJunit(report);
  } catch (error) {
    failures.push({
      name: "(the report)",
      message: `${ending(result)}, no readable report: ${error.message}\n${tail(result.output)}`,
    });
  }
  for (const { name, state, message } of tests ?? []) if (state === "failed") failures.push({ name, message });
  if (result.code !== 0 && !failures.length) {
    failures.push({ name: "(the test runner)", message: `${ending(result)}\n${tail(result.output)}` });
  }
  if (failures.length) logFailure(fileName(cell, ".log"), result.output);
  const count = (state) => tests?.filter((test) => test.state === state).length ?? 0;
  return {
    passed: count("passed"),
    failed: failures.length,
    skipped: count("skipped"),
    seconds: result.seconds,
    failures,
    // A file that fails as a whole is reported under its path, which is another in each cell.
    names: tests?.map((test) => test.name).filter((name) => !path.isAbsolute(name)),
    conformance: existsSync(conformance) ? JSON.parse(readFileSync(conformance, "utf8")) : undefined,
  };
}

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

export async function runCell(cell, { bundles, problems }, testFiles) {
  const started = performance.now();
  try {
    for (const need of [cell.dist && "dist", cell.bundle?.join("-")]) {
      if (problems.has(need)) throw new Error(`${need} could not be built: ${problems.get(need)}`);
    }
    if (cell.kind === "tests") return await runTests(cell, bundles, testFiles);
    if (cell.kind === "check") return await runCheck(cell);
    return await (cell.kind === "consumers" ? runConsumers() : measureFootprint());
  } catch (error) {
    const seconds = (performance.now() - started) / 1000;
    const failures = [{ name: "(the cell itself)", message: error.message }];
    return { passed: 0, failed: 1, skipped: 0, seconds, failures };
  }
}
