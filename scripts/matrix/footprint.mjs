// How long the package takes to load, beside each runtime's own node:dgram. Measured alone.
import { mustRun } from "./command.mjs";
import { inRoot } from "./paths.mjs";
import { bunPath, denoPath, nodePath, nodeVersions } from "./runtimes.mjs";

const rounds = 11;
const loader = inRoot("benchmarks", "contenders", "load.mjs");

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

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
  const permissions = ["--no-prompt", "--allow-net", "--allow-read"];
  const runtimes = [
    ["deno", [denoPath(), "run", "--no-config", "--node-modules-dir=manual", ...permissions]],
    ["bun", [bunPath()]],
  ];
  for (const version of [nodeVersions[0], nodeVersions.at(-1)]) {
    const { path: node } = await nodePath(version);
    if (node) runtimes.unshift([`node ${version.split(".")[0]}`, [node]]);
  }
  const notes = [`load time, median of ${rounds} fresh processes each:`];
  for (const [name, command] of runtimes) notes.push(`  ${await loadTime(name, command)}`);
  const seconds = (performance.now() - started) / 1000;
  return { passed: runtimes.length, failed: 0, skipped: 0, seconds, failures: [], notes: notes.join("\n") };
}
