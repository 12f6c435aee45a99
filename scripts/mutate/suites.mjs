// What is to find the mutants of the core, and which of them it reaches.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { bundleTests } from "../matrix/bundle.mjs";
import { allCells } from "../matrix/cells.mjs";
import { runDirectory } from "../matrix/paths.mjs";
import { findTestFiles } from "../matrix/test_files.mjs";
import { Scenarios } from "./scenarios.mjs";
import { TestFile } from "./test_file.mjs";

/**
 * By cells of the matrix: in each all scenarios, since its sockets are of another kind, and these test files. They are those
 * of the core that take some seconds at most.
 */
const SUITES = {
  "node 26 source esm": [
    "core/addresses",
    "core/batch_messages",
    "core/block_lists",
    "core/cached_lookup",
    "core/connection",
    "core/held_messages",
    "core/ip",
    "core/lacking_features",
    "core/outbox",
    "core/own_dgram",
    "core/pause",
    "core/pooled_messages",
    "core/refused_options",
    "core/send_many",
    "core/shared_sockets",
    "core/socket_memory",
    "core/user_lookups",
    "guard/guard",
    "guard/parts",
    "hostile/others_memory",
    "hostile/reentrancy",
    "observe/channels",
    "observe/observe",
    "promises/send",
    "promises/sockets",
    "runtimes/kernel/options",
    "smoke",
    "testing/host_faults",
    "testing/strict",
  ],
  "node 26 source esm ffi": [
    "ancillary/ancillary",
    "core/batch_messages",
    "core/pooled_messages",
    "handoff/unjoin",
    "hostile/others_memory",
    "observe/observe",
    "runtimes/kernel/rows",
  ],
};

/** Runs something that is told where to write which mutants it reaches. Answers its result, and by mutant in which scenarios. */
async function record(run) {
  const file = path.join(runDirectory, "reached.jsonl");
  const result = await run({ DGRAM_MUTANTS_REACHED: file });
  const reached = new Map();
  for (const line of existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : []) {
    const [id, scenario] = JSON.parse(line);
    if (!reached.has(id)) reached.set(id, new Set());
    reached.get(id).add(scenario);
  }
  rmSync(file, { force: true });
  return { result, reached };
}

/** Answers all of them, which have run without a mutant. `plugin` has the mutants bundled. */
export async function findSuites(plugin) {
  mkdirSync(runDirectory, { recursive: true });
  const { children } = findTestFiles([]);
  const suites = [];
  for (const cell of allCells().filter(({ name }) => name in SUITES)) {
    const { path: node, reason } = await cell.runtime();
    if (reason !== undefined) throw new Error(`no ${cell.name}: ${reason}`);
    const tests = SUITES[cell.name].map((name) => `tests/${name}.test.ts`);
    const [subject, format] = cell.bundle;
    const bundle = await bundleTests(subject, format, { tests, children }, { more: [plugin] });
    const child = bundle.fileOf(Scenarios.child);
    const { flags } = cell.runner(node, child);
    suites.push(new Scenarios(cell.name, [node, ...flags, child], cell.env));
    const bundles = new Map([[cell.bundle.join("-"), bundle]]);
    suites.push(...tests.map((file) => new TestFile(cell, bundles, file)));
  }
  for (const suite of suites) console.error(`${suite.name}: ${await suite.learn(record)}`);
  return suites;
}
