// How large the package is and how long it takes to load, beside each runtime's own node:dgram. Measured alone.
import { gzipSync } from "node:zlib";
import { mustRun } from "./command.mjs";
import { minified } from "./minified.mjs";
import { inRoot } from "./paths.mjs";
import { bunPath, denoPath, nodePath, nodeVersions } from "./runtimes.mjs";

const rounds = 11;
const loader = inRoot("benchmarks", "contenders", "load.mjs");

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;

/** Of the main entry as Node reads it, minified: bytes. Deno's and Bun's also carry libc. */
const sizeLimit = 40_000;

async function sizes() {
  const { stdout: report } = await mustRun(["npm", "pack", "--dry-run", "--json"]);
  // An array of packages, or in newer versions of npm an object by name.
  const [pack] = Object.values(JSON.parse(report));
  const notes = [
    `packed ${kilobytes(pack.size)}, unpacked ${kilobytes(pack.unpackedSize)} (types, ESM and CommonJS)`,
  ];
  const failures = [];
  for (const condition of ["node", "deno", "bun", "module"]) {
    const code = await minified(condition);
    const where = condition === "module" ? "in bundles, for every runtime" : `as ${condition} reads it`;
    notes.push(`${where}: minified ${kilobytes(code.length)}, gzipped ${kilobytes(gzipSync(code).length)}`);
    if (condition === "node" && code.length > sizeLimit) {
      failures.push({ name: "the main entry's size on Node", message: `${code.length} bytes, over ${sizeLimit}` });
    }
  }
  return { notes, failures };
}

/** The medians of importing the package and of importing node:dgram, in alternating fresh processes. */
async function loadTime(name, command) {
  const times = { "@x/dgram": [], "node:dgram": [] };
  for (let round = 0; round < rounds; round++) {
    for (const specifier of Object.keys(times)) {
      const { stdout } = await mustRun([...command, loader, specifier], { timeout: 30_000 });
      times[specifier].push(JSON.parse(stdout).ms);
    }
  }
  const [own, builtin] = Object.values(times).map(median);
  return `${name}: ${own.toFixed(1)} ms, node:dgram ${builtin.toFixed(1)} ms, ratio ${(own / builtin).toFixed(2)}`;
}

export async function measureFootprint() {
  const started = performance.now();
  const { notes, failures } = await sizes();
  const runtimes = [
    ["deno", [
      denoPath(),
      "run",
      "--no-config",
      "--node-modules-dir=manual",
      "--no-prompt",
      "--allow-net",
      "--allow-read",
    ]],
    ["bun", [bunPath()]],
  ];
  for (const version of [nodeVersions[0], nodeVersions.at(-1)]) {
    const { path: node } = await nodePath(version);
    if (node) runtimes.unshift([`node ${version.split(".")[0]}`, [node]]);
  }
  notes.push(`load time, median of ${rounds} fresh processes each:`);
  for (const [name, command] of runtimes) notes.push(`  ${await loadTime(name, command)}`);
  const seconds = (performance.now() - started) / 1000;
  const passed = runtimes.length + 1 - failures.length;
  return { passed, failed: failures.length, skipped: 0, seconds, failures, notes: notes.join("\n") };
}
