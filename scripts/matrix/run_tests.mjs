// Runs the test files of a cell one after the other, each in a process of its own: a file that hangs or crashes takes the
// results of no other with it.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { runCommand } from "./command.mjs";
import { readJunit } from "./junit.mjs";
import { root, runDirectory } from "./paths.mjs";
import { hasPython, python } from "./python.mjs";
import { logFailure } from "./report.mjs";
import { TestConsole } from "./test_console.mjs";

/** Milliseconds in which one test has to finish: on however busy a machine, since no bound is on the whole. */
const patience = 180_000;

const fileName = (cell, suffix) => path.join(runDirectory, `${cell.name.replace(/\W+/g, "-")}${suffix}`);
export const tail = (text, lines = 25) => text.trimEnd().split("\n").slice(-lines).join("\n");

function whatHung({ finished, running }, timeout) {
  const last = finished.at(-1);
  return [
    `no test finished for ${timeout / 1000} s`,
    last ? `the last to finish was "${last.name}"` : "none had finished before",
    ...(running === undefined ? [] : [`"${running}" was running`]),
  ].join("; ");
}

function junitOf(report) {
  try {
    return { tests: readJunit(report) };
  } catch (error) {
    return { unreadable: `no readable report: ${error.message}` };
  }
}

/**
 * Runs one test file, with what a runner answers and what runCommand takes. `onRead` is called with the console
 * after each line.
 * Answers { tests, failures, complete, output, seconds }: `complete` is false where tests may be missing.
 */
export async function runTestFile(name, run, { timeout = patience, onRead, ...options } = {}) {
  const watched = new TestConsole(run.console);
  const isProgress = (line, partial) => {
    const finished = watched.read(line, partial);
    onRead?.(watched);
    return finished;
  };
  const result = await runCommand(run.command, { ...options, timeout, isProgress, outputFile: run.outputFile });
  const { tests = watched.finished, unreadable } = run.report === undefined ? {} : junitOf(run.report);
  const failures = tests.filter(({ state }) => state === "failed").map(({ name, message }) => ({
    name,
    message: message || tail(result.output, 60),
  }));
  let problem;
  if (result.timedOut) problem = whatHung(watched, timeout);
  else if (unreadable !== undefined) problem = `exit code ${result.code}, ${unreadable}`;
  else if (result.code !== 0 && !failures.length) problem = `exit code ${result.code}`;
  else if (tests.length !== watched.finished.length) {
    // Progress would not be seen.
    problem = `the console told of ${watched.finished.length} tests, the report of ${tests.length}`;
  }
  if (problem !== undefined) failures.push({ name: `(${name})`, message: `${problem}\n${tail(result.output)}` });
  return { tests, failures, complete: problem === undefined, output: result.output, seconds: result.seconds };
}

/** Runs a cell of kind "tests": what run_cell.mjs answers. `more` is for runTestFile. */
export async function runTests(cell, bundles, testFiles, more = {}) {
  const runtime = await cell.runtime();
  if (runtime.reason) return { passed: 0, failed: 0, skipped: 1, seconds: 0, failures: [], reason: runtime.reason };

  const bundle = cell.bundle && bundles.get(cell.bundle.join("-"));
  const conformance = fileName(cell, ".conformance.json");
  const results = new Map();
  const leftOut = new Set(cell.without ? cell.without.files.map((name) => `tests/${name}.test.ts`) : []);
  for (const file of testFiles.tests.filter((file) => !leftOut.has(file))) {
    const name = file.replace(/^tests\/|\.test\.ts$/g, "").replaceAll("/", "-");
    const run = cell.runner(runtime.path, bundle?.fileOf(file) ?? file, fileName(cell, `.${name}.xml`));
    const result = await runTestFile(file, run, {
      ...more,
      env: {
        ...cell.env,
        DGRAM_TEST_ROOT: root,
        DGRAM_TEST_DIR: bundle?.directory ?? path.join(root, "tests"),
        DGRAM_TEST_EXT: bundle?.extension ?? ".ts",
        DGRAM_TEST_SUBJECT: cell.subject,
        DGRAM_TEST_CELL: cell.name,
        DGRAM_RUNTIME_FLAGS: JSON.stringify(run.flags),
        DGRAM_CONFORMANCE_OUT: conformance,
        DGRAM_TEST_PYTHON: hasPython ? python : undefined,
      },
    });
    if (result.failures.length) logFailure(fileName(cell, `.${name}.log`), result.output);
    results.set(file, result);
  }
  const all = [...results.values()];
  const tests = all.flatMap(({ tests }) => tests);
  const failures = all.flatMap(({ failures }) => failures);
  const count = (wanted) => tests.filter(({ state }) => state === wanted).length;
  return {
    passed: count("passed"),
    failed: failures.length,
    skipped: count("skipped"),
    seconds: all.reduce((sum, { seconds }) => sum + seconds, 0),
    failures,
    names: new Map(
      [...results].map(([file, { tests, complete }]) => [file, complete && tests.map(({ name }) => name)]),
    ),
    leftOut: cell.without && `without ${cell.without.files.join(", ")}: ${cell.without.reason}`,
    conformance: existsSync(conformance) ? JSON.parse(readFileSync(conformance, "utf8")) : undefined,
  };
}
