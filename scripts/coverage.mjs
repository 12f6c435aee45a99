// How much of the sources the tests run, over all runtimes: `npm run coverage`, or `npm run coverage -- --only "deno source"
// --file pause` for a part. Node and Deno count in V8, in the tests' children too; Bun counts lines, in the tests alone.
import { transformSync } from "esbuild";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { markdownTable } from "./docs/markdown_table.mjs";
import { addLines, readLcov, uncovered } from "./coverage/lines.mjs";
import { Profiles, profiling } from "./coverage/profiles.mjs";
import { traceBack } from "./coverage/sources.mjs";
import { bundleTests } from "./matrix/bundle.mjs";
import { allCells } from "./matrix/cells.mjs";
import { parseOptions } from "./matrix/options.mjs";
import { root, runDirectory } from "./matrix/paths.mjs";
import { runTests } from "./matrix/run_tests.mjs";
import { findTestFiles } from "./matrix/test_files.mjs";

/** Percent. Of what runs on Bun alone the lines count; Bun tells no branches. */
const floors = { lines: 97, branches: 92 };
const onBunAlone = /^src\/runtimes\/bun\//;

const { only, skip, files } = parseOptions(process.argv.slice(2));
const isPart = only.length > 0 || skip.length > 0 || files.length > 0;
const profileDirectory = path.join(runDirectory, "profiles");
const bunDirectory = path.join(runDirectory, "bun");

/** What runs in the browser that shows a network's page: of the tests that open it no profile comes. */
const inBrowser = /^src\/testing\/page_(paint|script)\.ts$/;

/** What does its work by being imported, which a bundle drops, or where a hook leads: the package's tests load it. */
const byImport = /^src\/(cli\/mod|register\/(mod|in_place))\.ts$/;

/** From source, once for each adapter and version: Deno's as bundles, whose source maps lead back as Node's do. */
const cells = allCells()
  .filter(({ kind, subject }) => kind === "tests" && subject === "source")
  .filter(({ name }) =>
    (!only.length || only.some((text) => name.includes(text))) && !skip.some((text) => name.includes(text))
  )
  .map((cell) => /\bbun\b/.test(cell.name) ? onBun(cell) : inV8(cell));

function onBun(cell) {
  const runner = (...given) => {
    const run = cell.runner(...given);
    const flags = ["--coverage", "--coverage-reporter=lcov", `--coverage-dir=${bunDirectory}`];
    return { ...run, command: [...run.command.slice(0, 2), ...flags, ...run.command.slice(2)] };
  };
  return { ...cell, runner };
}

function inV8(cell) {
  const env = { ...cell.env, ...profiling(profileDirectory) };
  if (cell.bundle) return { ...cell, env };
  const runner = (deno, file, report) => {
    const flags = ["--no-config", "--node-modules-dir=manual"];
    const run = cell.runner(deno, file, report);
    const [program, verb, ...rest] = run.command;
    return { ...run, command: [program, verb, ...flags, ...rest], flags: [...flags, ...run.flags] };
  };
  return { ...cell, env, bundle: ["source", "esm"], runner };
}

const testFiles = findTestFiles(files);
const profiles = new Profiles();
const ofBun = [];
let failed = 0;
try {
  mkdirSync(runDirectory, { recursive: true });
  const bundles = new Map();
  for (const cell of cells) {
    const name = cell.bundle?.join("-");
    if (name && !bundles.has(name)) {
      bundles.set(name, await bundleTests(...cell.bundle, testFiles, { sourcemap: "linked" }));
    }
    for (const test of testFiles.tests) {
      const result = await runTests(cell, bundles, { tests: [test] });
      failed += result.failed;
      for (const failure of result.failures) console.error(`${cell.name}: ${test}: ${failure.name}`);
      if (name) profiles.add(profileDirectory, runDirectory);
      else if (result.names?.size) ofBun.push(readLcov(readFileSync(path.join(bunDirectory, "lcov.info"), "utf8")));
    }
    console.error(`${cell.name} has run`);
  }
  const sources = await traceBack(profiles.scripts(), root, path.join(runDirectory, "report"));
  for (const more of ofBun) addLines(sources, more);
  report(sources);
} finally {
  rmSync(runDirectory, { recursive: true, force: true });
}

/** Sources with code of their own that no profile speaks of: no test loads them. */
function neverLoaded(sources) {
  const files = readdirSync(path.join(root, "src"), { recursive: true }).map((file) =>
    `src/${file.replaceAll("\\", "/")}`
  );
  const hasCode = (file) => transformSync(readFileSync(path.join(root, file), "utf8"), { loader: "ts" }).code !== "";
  return files.filter((file) => file.endsWith(".ts") && !sources.has(file) && hasCode(file)).sort();
}

function report(sources) {
  const total = { lines: [0, 0], branches: [0, 0] };
  const rows = [];
  for (const [file, { lines, branches }] of [...sources].sort(([one], [other]) => one < other ? -1 : 1)) {
    if (inBrowser.test(file)) {
      console.log(`not counted, since it runs in a browser: ${file}, of ${lines.size} lines`);
      continue;
    }
    const run = [...lines.values()].filter((count) => count > 0).length;
    const counted = onBunAlone.test(file) ? [] : [...branches.values()];
    const taken = counted.filter(Boolean).length;
    total.lines = [total.lines[0] + run, total.lines[1] + lines.size];
    total.branches = [total.branches[0] + taken, total.branches[1] + counted.length];
    if (run < lines.size || taken < counted.length) {
      rows.push([file, `${run}/${lines.size}`, `${taken}/${counted.length}`, uncovered(lines)]);
    }
  }
  console.log(markdownTable(["file", "lines", "branches", "lines that never run"], rows, [1, 2]));
  const percents = Object.entries(total).map(([what, [run, all]]) => [what, all === 0 ? 0 : 100 * run / all]);
  for (const [what, percent] of percents) {
    console.log(`${percent.toFixed(2)} % of ${what}; the floor is ${floors[what]} %`);
  }
  const lost = neverLoaded(sources).filter((file) => !inBrowser.test(file) && !byImport.test(file));
  if (lost.length > 0) console.log(`never loaded: ${lost.join(", ")}`);
  if (failed > 0) console.log(`${failed} tests failed: \`npm test\` says more`);
  if (isPart) console.log("This is of a part of the tests: the floor does not hold for it.");
  else if (lost.length > 0 || percents.some(([what, percent]) => percent < floors[what])) process.exitCode = 1;
}
