// Who plays the programs: Node 26's own node:dgram, and this module on each runtime and in memory.
import { bundleTests } from "../matrix/bundle.mjs";
import { bunPath, denoPath, floors, nodeOfLine, nodePath, nodeVersions, runtimePath } from "../matrix/runtimes.mjs";
import { mustRun } from "../matrix/command.mjs";
import { apart } from "./apart.mjs";

const PROGRAMS = "tests/fuzz/programs.child.ts";
const ORACLE = "tests/fuzz/oracle.child.ts";
const MODULE = "tests/fuzz/run.child.ts";

const permissions = ["net", "read", "env", "sys"].map((name) => `--allow-${name}`);
const deno = (...flags) => [
  denoPath(),
  "run",
  "--no-prompt",
  "--quiet",
  "--no-config",
  "--no-check",
  ...permissions,
  ...flags,
];

async function node(major) {
  const version = nodeOfLine(major);
  if (version === undefined) throw new Error(`no Node ${major} among ${nodeVersions}`);
  const { path, reason } = await nodePath(version);
  if (reason !== undefined) throw new Error(`no Node ${version}: ${reason}`);
  return path;
}

/** Takes part only where --only names it: the oldest Bun that is supported. */
const OLDEST_BUN = `bun ${floors.bun}`;

async function oldestBun() {
  const { path, reason } = await runtimePath("bun", floors.bun);
  if (reason !== undefined) throw new Error(`no Bun ${floors.bun}: ${reason}`);
  return path;
}

/** Features whose lack shows in other ways than by a refusal. */
const SHOWING = ["closeInTurn", "connect", "icmpErrors"];

async function lackingOn([command, ...args]) {
  const features = JSON.parse((await mustRun([command, ...args])).stdout);
  return SHOWING.filter((name) => features[name] !== "native");
}

/**
 * { maker, oracle, players: [{ name, command, env, intoFile, onNode, patient, lacking }] }, where each command is to be given
 * a file of programs. Patient ones are those where nothing tells how many turns of the loop a datagram takes.
 *
 * @param only what the names of those that are asked for contain
 */
export async function findPlayers(only) {
  const bundles = {};
  for (const subject of ["source", "ffi", "memory"]) {
    const children = subject === "source" ? [PROGRAMS, ORACLE, MODULE] : [MODULE];
    bundles[subject] = await bundleTests(subject, "esm", { tests: [], children });
  }
  const { source, ffi, memory } = bundles;
  const [node20, node26] = [await node(20), await node(26)];
  const quiet = "--disable-warning=ExperimentalWarning";
  const players = [
    ["node 20", [node20, source.fileOf(MODULE)], true],
    ["node 20 koffi", [node20, ffi.fileOf(MODULE)], true],
    ["node 26", [node26, source.fileOf(MODULE)], true],
    ["node 26 ffi", [node26, quiet, ffi.fileOf(MODULE)], true],
    ["deno bare", [...deno(), source.fileOf(MODULE)]],
    ["deno ffi", [...deno("--allow-ffi"), source.fileOf(MODULE)]],
    ["deno unstable-net ffi", [...deno("--unstable-net", "--allow-ffi"), source.fileOf(MODULE)]],
    ["bun", [bunPath(), source.fileOf(MODULE)]],
    ["memory", [node26, memory.fileOf(MODULE)]],
  ];
  if (only === OLDEST_BUN) players.push([OLDEST_BUN, [await oldestBun(), source.fileOf(MODULE)]]);
  const described = players.map(async ([name, command, onNode = false]) => ({
    name,
    command: apart(command),
    env: name === "memory" ? { DGRAM_TEST_MEMORY: "1" } : {},
    // Bun 1.2.23 leaves out what finds no room in a pipe.
    intoFile: name === OLDEST_BUN,
    onNode,
    patient: name.startsWith("deno"),
    lacking: await lackingOn(command),
  }));
  return {
    maker: [node26, source.fileOf(PROGRAMS)],
    oracle: { name: "node:dgram", command: apart([node26, source.fileOf(ORACLE)]) },
    players: await Promise.all(described),
  };
}
