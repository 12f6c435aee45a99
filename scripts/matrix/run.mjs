// Prepares what the chosen cells need, runs them, and reports.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { bundleTests } from "./bundle.mjs";
import { allCells } from "./cells.mjs";
import { buildPackage } from "./dist.mjs";
import { elsewhereCells } from "./elsewhere/cells.mjs";
import { keepRecords } from "./elsewhere/record.mjs";
import { endMachines } from "./elsewhere/run.mjs";
import { inRoot, runDirectory } from "./paths.mjs";
import { compareNames, missRuntimes, printReport, progress } from "./report.mjs";
import { runCell } from "./run_cell.mjs";
import { findTestFiles } from "./test_files.mjs";

/** Removes what ended runs left in .build. */
function sweep() {
  const directory = inRoot(".build");
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    const pid = Number(/^run-(\d+)$/.exec(name)?.[1]);
    if (!pid) continue;
    try {
      process.kill(pid, 0);
    } catch {
      rmSync(path.join(directory, name), { recursive: true, force: true });
    }
  }
}

/** Answers { bundles, problems }: by the name of a bundle or "dist", what was made and what could not be. */
async function prepare(cells, testFiles) {
  sweep();
  mkdirSync(runDirectory, { recursive: true });
  // Bun applies the nearest tsconfig.json's paths: the project's would lead the package cells to mod.ts.
  writeFileSync(path.join(runDirectory, "tsconfig.json"), "{}");

  const bundles = new Map();
  const problems = new Map();
  const attempt = async (name, make) => {
    try {
      bundles.set(name, await make());
    } catch (error) {
      problems.set(name, error.message);
    }
  };
  if (cells.some((cell) => cell.dist)) await attempt("dist", buildPackage);
  for (const name of new Set(cells.flatMap((cell) => cell.bundle ? [cell.bundle.join("-")] : []))) {
    await attempt(name, () => bundleTests(...name.split("-"), testFiles));
  }
  return { bundles, problems };
}

/** Runs `jobs` cells at a time, and those that must be alone after the others. */
async function runAll(cells, { jobs, scenario, record }, prepared, testFiles) {
  const results = new Map(cells.map((cell) => [cell, undefined]));
  const runQueue = async (queue) => {
    for (let cell = queue.shift(); cell; cell = queue.shift()) {
      const result = await runCell(cell, prepared, testFiles, { scenario });
      progress(cell, result);
      if (record && result.elsewhere) keepRecords([result.elsewhere]);
      results.set(cell, result);
    }
  };
  const together = cells.filter((cell) => !cell.alone);
  await Promise.all(Array.from({ length: jobs }, () => runQueue(together)));
  await runQueue(cells.filter((cell) => cell.alone));
  return results;
}

export async function runMatrix(options) {
  const { only, skip, files, list, keep, where, mayLack } = options;
  const cells = (where.length ? elsewhereCells(where) : allCells()).filter(({ name }) =>
    !only.length || only.some((text) => name.includes(text))
  )
    .filter(({ name }) => !skip.some((text) => name.includes(text)))
    .filter(({ kind }) => !files.length || kind === "tests");
  if (list) {
    for (const { name } of cells) console.log(name);
    return 0;
  }
  if (!cells.length) throw new Error(`no cell matches; npm test -- --list names them`);
  const testFiles = findTestFiles(files);
  if (!testFiles.tests.length) throw new Error("no test file matches");

  const prepared = await prepare(cells, testFiles);
  const results = await runAll(cells, options, prepared, testFiles).finally(endMachines);
  compareNames(results);
  if (!where.length) missRuntimes(results, mayLack);
  const failed = [...results.values()].some((result) => result.failed > 0);
  if (!keep && !failed) rmSync(runDirectory, { recursive: true, force: true });
  return printReport(results, keep || failed ? runDirectory : undefined);
}
