// Plays a program with every fault in a network in memory, with many seeds on each runtime, and compares the traces byte for
// byte: `node scripts/compare_seeds.mjs [--seeds 300] [--from 0]`.
import { rmSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { bundleTests } from "./matrix/bundle.mjs";
import { runCommand } from "./matrix/command.mjs";
import { runDirectory } from "./matrix/paths.mjs";
import { bunPath, denoPath, nodePath, nodeVersions } from "./matrix/runtimes.mjs";

/** Seeds of one process. */
const SLICE = 100;
const CHILD = "tests/testing/seeds.child.ts";

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "300" }, from: { type: "string", default: "0" } },
});
const seeds = Number(values.seeds);
if (!(seeds >= 1)) throw new Error(`not a number of seeds: ${values.seeds}`);
const from = Number(values.from);
if (!(from >= 0)) throw new Error(`not a seed: ${values.from}`);

async function runtimes() {
  const { path, reason } = await nodePath(nodeVersions.at(-1));
  if (reason !== undefined) throw new Error(`no Node ${nodeVersions.at(-1)}: ${reason}`);
  return { Node: [path], Deno: [denoPath(), "run", "-A", "--no-prompt", "--quiet", "--no-config"], Bun: [bunPath()] };
}

async function hashes(command, file, first, count) {
  const { code, stdout, output } = await runCommand([...command, file, String(first), String(count)], {
    timeout: 600_000,
  });
  const lines = stdout.trimEnd().split("\n");
  if (code !== 0 || lines.length !== count) throw new Error(`${command[0]}: ${output.slice(-2000)}`);
  return lines;
}

try {
  const { fileOf } = await bundleTests("source", "esm", { tests: [], children: [CHILD] });
  const all = Object.entries(await runtimes());
  let differing = 0;
  let bytes = 0;
  for (let first = 0; first < seeds; first += SLICE) {
    const count = Math.min(SLICE, seeds - first);
    const results = [];
    for (const [, command] of all) results.push(await hashes(command, fileOf(CHILD), from + first, count));
    results[0].forEach((line, index) => {
      bytes += Number(line.split(" ")[2]);
      if (results.every((lines) => lines[index] === line)) return;
      differing++;
      all.forEach(([name], place) => console.log(`${name}: ${results[place][index]}`));
    });
    console.log(`${first + count} of ${seeds} seeds, ${bytes} bytes of trace: ${differing} differ`);
  }
  process.exitCode = differing === 0 ? 0 : 1;
} finally {
  rmSync(runDirectory, { recursive: true, force: true });
}
