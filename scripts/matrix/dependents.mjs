// The packed package in the place of node:dgram: below libraries that know nothing of it, and in users' tests.
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { mustRun, runCommand } from "./command.mjs";
import { installPackage } from "./consumer_project.mjs";
import { installLibraries } from "./libraries.mjs";
import { inRoot, nodeProgram } from "./paths.mjs";
import { bunPath, denoPath, nodePath, nodeVersions } from "./runtimes.mjs";
import { failedStep, playedSteps } from "./steps.mjs";

// A busy machine took 30 s for what takes 2 s on an idle one.
const stepTimeout = 120_000;

/** How many programs run at a time: most of them wait for a datagram. */
const together = 3;

/** What each library does in the program of its name. */
const jobs = {
  "multicast-dns": "192.0.2.5",
  osc: "/carrier/frequency 440",
  coap: "hello brunhilde",
  "hot-shots": "rhine.gold:1|c",
  moleculer: "notung",
  knx: "1/2/3 is 1",
};

/** Those that are played on networks in memory, in the program of their name below `protocols`. */
const protocols = ["multicast-dns", "coap", "bittorrent-dht", "net-snmp", "stun", "tftp", "werift"];

/** The newest of each: what they play is of the runtime's modules and of this one's, and not of its adapters. */
const playsProtocols = ["node 26", "deno", "bun"];

/** The recipes of docs/network_in_memory.md, as these have their tests; Jest and Vitest find them among their others. */
const testCommands = {
  "node 26": ([node]) => [node, "--test", "network_tests/recipes_node.test.mjs"],
  deno: ([deno]) => [deno, "test", "--no-prompt", "--allow-env", "--no-check", "network_tests/recipes_deno.test.mjs"],
  bun: ([bun]) => [bun, "test", "network_tests/recipes_bun.test.mjs"],
};

/** [name, how a program is run, the ways to put the package below it]. */
async function runtimes() {
  const register = "@x/dgram/register";
  const deno = [denoPath(), "run", "--no-prompt", "--node-modules-dir=manual"];
  const permissions = ["net", "read", "env", "sys"].map((name) => `--allow-${name}`);
  const registerOfDeno = [["--preload", `npm:${register}`], ["--require", "./node_modules/@x/dgram/dist/register.cjs"]];
  const list = [
    ["deno", [...deno, ...permissions], registerOfDeno],
    ["deno with --allow-ffi", [...deno, ...permissions, "--allow-ffi"], registerOfDeno.slice(0, 1)],
    ["bun", [bunPath()], [["--preload", register]]],
  ];
  const missing = [];
  for (const version of nodeVersions.filter((version) => !version.startsWith("24."))) {
    const node = await nodePath(version);
    if (node.path) {
      list.push([`node ${version.split(".")[0]}`, [node.path], [["--import", register], ["-r", register]]]);
    } else missing.push(node.reason);
  }
  return { list, missing };
}

/** Tests of a user, under what the newest Node and the oldest that it runs on can run. */
function testRuns(runtimes, folders) {
  const nodes = Object.fromEntries(
    runtimes.filter(([name]) => name.startsWith("node ")).map(([name, [node]]) => [name, node]),
  );
  const jest = (folder) => [
    path.join(folder, "bin", "jest.js"),
    ...["--rootDir", ".", "--config", "jest/jest.config.cjs", "--cacheDirectory", ".jest"],
  ];
  // Vitest crashes on Node 18.
  const vitest = (folder) => [path.join(folder, "vitest.mjs"), "run", "--config", "vitest/vitest.config.mjs"];
  const runs = [["jest", jest, "node 18"], ["jest", jest, "node 26"], ["vitest", vitest, "node 20"], [
    "vitest",
    vitest,
    "node 26",
  ]];
  return runs.filter(([tool, , node]) => folders.has(tool) && nodes[node])
    .map(([tool, command, node]) => ({
      what: `${tool} on ${node}`,
      command: [nodes[node], ...command(folders.get(tool))],
    }));
}

function steps(runtimes, folders) {
  const prints = (output, what, command) => ({ what, command, output });
  const canStub = folders.has("sinon") && folders.has("shimmer");
  return [
    ...runtimes.flatMap(([name, command, ways]) => [
      ...ways.map((way) => prints("ours", `${way[0]} on ${name}`, [...command, ...way, "ways.mjs"])),
      ...Object.entries(jobs).filter(([library]) => folders.has(library)).map(([library, done]) =>
        prints(`${library}: ${done} by our sockets`, `${library} on ${name}`, [
          ...command,
          ...ways[0],
          `${library}.mjs`,
        ])
      ),
      ...(playsProtocols.includes(name)
        ? protocols.filter((library) => folders.has(library)).map((library) => ({
          what: `${library} on a network in memory on ${name}`,
          command: [...command, ...ways[0], `protocols/${library}.mjs`],
          // The same on each runtime, to the last line of the traces.
          same: library,
          output: new RegExp(`^${library}: traces [0-9a-f]+$`),
        }))
        : []),
      ...(name in testCommands ? [{ what: `the recipes on ${name}`, command: testCommands[name](command) }] : []),
      prints("pong", `node:dgram that is this module on ${name}`, [...command, "found.cjs", "itself"]),
      ...(canStub
        ? [
          prints("stubbed", `the exports to require() on ${name}`, [...command, "stubbed.cjs"]),
          prints("pong", `node:dgram that is stubbed on ${name}`, [...command, "found.cjs", "stubs"]),
          prints("pong", `node:dgram that is wrapped on ${name}`, [...command, "found.cjs", "wrappers"]),
        ]
        : []),
      // That the programs tell whose sockets they have.
      ...(folders.has("osc")
        ? [prints(`osc: ${jobs.osc} by the runtime's own`, `osc without register on ${name}`, [...command, "osc.mjs"])]
        : []),
      ...(name.startsWith("node ")
        ? [
          // With another tool's file of that name, which is no sign that ours came first.
          prints("ours", `an import of register in the program on ${name}`, [
            ...[...command, "-r", "./tool/register.cjs", "late.mjs"],
          ]),
        ]
        : []),
    ]),
    prints("pong", "an import map on deno", [
      ...[denoPath(), "run", "--no-prompt", "--allow-net", "--config", "import_map.json", "aliased.mjs"],
    ]),
    ...runtimes.map(([name, command]) =>
      prints("pong", `esbuild's alias on ${name}`, [...command, path.join("bundled", "aliased.mjs")])
    ),
    prints("ERR_DGRAM_NOT_REPLACED", "an import of register in the program on bun", [bunPath(), "refused.mjs"]),
    ...testRuns(runtimes, folders),
  ];
}

async function makeProject(folders) {
  const directory = await installPackage();
  cpSync(inRoot("tests", "dependents"), directory, { recursive: true });
  cpSync(inRoot("examples", "network_tests"), path.join(directory, "network_tests"), { recursive: true });
  // As it would be there if it came from the registry: Deno finds `npm:@x/dgram` by that.
  const project = { private: true, type: "module", dependencies: { "@x/dgram": "*" } };
  writeFileSync(path.join(directory, "package.json"), JSON.stringify(project));
  for (const [name, folder] of folders) {
    const link = path.join(directory, "node_modules", name);
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(folder, link, "junction");
  }
  const aliases = ["dgram", "node:dgram"].map((name) => `--alias:${name}=@x/dgram`);
  // Without that condition it would have Node's adapter alone.
  const options = ["--bundle", "--platform=node", "--format=esm", "--conditions=module", "--outdir=bundled"];
  const esbuild = [...nodeProgram("esbuild", "bin", "esbuild"), "aliased.mjs", "--out-extension:.js=.mjs"];
  await mustRun([...esbuild, ...options, ...aliases], { cwd: directory });
  return directory;
}

const isExpected = (last, output) =>
  output instanceof RegExp ? output.test(last) : output === undefined || last === output;

/** @param seen what others have printed which has to be the same */
async function failureOf({ what, command, output, same }, directory, seen) {
  const result = await runCommand(command, { cwd: directory, timeout: stepTimeout });
  const last = result.stdout.trimEnd().split("\n").at(-1);
  if (result.code !== 0 || !isExpected(last, output)) return failedStep(what, result);
  if (same === undefined) return undefined;
  const { by, printed } = seen.get(same) ?? { by: what, printed: last };
  seen.set(same, { by, printed });
  return last === printed ? undefined : { name: what, message: `${last}\n${by}: ${printed}` };
}

export async function runDependents() {
  const started = performance.now();
  const [{ list, missing }, libraries] = [await runtimes(), await installLibraries()];
  const directory = await makeProject(libraries.folders);
  const all = steps(list, libraries.folders);
  const queue = [...all];
  const failures = [];
  const seen = new Map();
  await Promise.all(Array.from({ length: together }, async () => {
    for (let step = queue.shift(); step; step = queue.shift()) {
      const failure = await failureOf(step, directory, seen);
      if (failure) failures.push(failure);
    }
  }));
  return playedSteps(started, all.length, failures, [...missing, ...libraries.missing]);
}
