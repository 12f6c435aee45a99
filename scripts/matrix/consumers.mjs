// The packed package in users' hands: each way to load each entry, on each runtime, with the permissions a user would
// give.
import { readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { npm, runCommand } from "./command.mjs";
import { installKoffi, makeConsumerProject } from "./consumer_project.mjs";
import { installedPackages } from "./installed_packages.mjs";
import { inRoot, nodeProgram } from "./paths.mjs";
import { bunPath, denoPath, localNode, nodePath, nodeVersions } from "./runtimes.mjs";
import { failedStep, playedSteps } from "./steps.mjs";
import { compilerOf, typesOf } from "./type_versions.mjs";

// A busy machine took 76 s for what takes 3 s on an idle one.
const stepTimeout = 120_000;
const compileTimeout = 300_000;
const tsc = nodeProgram("typescript", "bin", "tsc");

/** The entries beside the main one; each has a user's module of its own name, of both kinds. */
const entries = ["promises", "web", "ffi", "deno", "testing", "guard", "handoff", "observe", "ancillary"];
const { version } = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));

/** Bundles users' files; the package goes into each bundle. */
function bundle(files, format) {
  const esbuild = nodeProgram("esbuild", "bin", "esbuild");
  const extension = `--out-extension:.js=.${format === "cjs" ? "cjs" : "mjs"}`;
  const options = ["--bundle", "--platform=node", `--format=${format}`, "--outdir=bundled", extension];
  return [...esbuild, ...files, ...options, "--log-level=warning"];
}

const prints = (what, command, { cwd = ".", output = "pong" } = {}) => ({ what, command, cwd, output });
const succeeds = (what, command, { cwd = "." } = {}) => ({ what, command, cwd });

const tool = path.join("node_modules", "@x", "dgram", "dist", "cli.js");

/** The users' programs that a runtime runs: what each is, and its file. */
const programs = {
  loaded: [
    ["an ES module", "esm.mjs"],
    ["a CommonJS module", "cjs.cjs"],
    ["a program that has two copies and two versions", "copies.mjs"],
    ["a program that loads the module anew", "reloaded.cjs"],
    ...entries.flatMap((entry) => [
      [`an ES module of ${entry}`, `${entry}.mjs`],
      [`a CommonJS module of ${entry}`, `${entry}.cjs`],
    ]),
  ],
  compiled: [
    ["compiled TypeScript as an ES module", "compiled/types.mjs"],
    ["compiled TypeScript as CommonJS", "compiled/types.cjs"],
    ["compiled TypeScript of the entries as an ES module", "compiled/entries.mjs"],
    ["compiled TypeScript of the entries as CommonJS", "compiled/entries.cjs"],
  ],
  bundled: [
    ["a bundle as an ES module", "bundled/esm.mjs"],
    ["a bundle as CommonJS", "bundled/cjs.cjs"],
    ["a bundle of the entries as an ES module", "bundled/entries.mjs"],
    ["a bundle of the entries as CommonJS", "bundled/entries.cjs"],
  ],
};

const compiling = () => [
  succeeds("tsc as ES module and CommonJS", [...tsc, "-p", "."]),
];
const bundling = () => [
  succeeds("esbuild to ES modules", bundle(["esm.mjs", "entries.mts"], "esm")),
  succeeds("esbuild to CommonJS", bundle(["cjs.cjs", "entries.cts"], "cjs")),
];

/** What may stand in the place of koffi and is of no use, by the name of a project, and what the ffi entry says of it. */
const koffis = {
  "koffi-broken": ['throw new Error("made for another machine");', "does not work: Error: made for another machine"],
  "koffi-of-nothing": ["module.exports = null;", "has no load()"],
  "koffi-of-another-name": ["exports.version = '9.9.9';", "the package koffi 9.9.9 has no load()"],
};

/** One that is too old. */
const oldKoffi = "2.12.4";

/** [the project, what its note has to say], and why one is missing. */
async function koffiProjects(directory) {
  const list = Object.entries(koffis).map(([name, [code, note]]) => [name, code, note]);
  const { path: modules, reason } = await installedPackages([`koffi@${oldKoffi}`]);
  if (reason === undefined) {
    list.push(["koffi-too-old", path.join(modules, "koffi"), `koffi ${oldKoffi} knows no addresses; 3.0 does`]);
  }
  for (const [name, koffi] of list) installKoffi(directory, name, koffi);
  return { projects: list.map(([name, , note]) => [name, note]), missing: reason === undefined ? [] : [reason] };
}

/** The ffi entry beside each of them, on a Node that has no node:ffi. */
function koffiSteps(projects, node) {
  return projects.flatMap(([cwd, note]) =>
    ["koffi.mjs", "koffi.cjs"].map((file) => prints(`${file} beside a ${cwd}`, [node, file, note], { cwd }))
  );
}

/** The steps of the tool on a runtime, whose command line with these arguments `command` answers. */
const toolSteps = (command, on) => [
  prints(`the tool's version${on}`, command([tool, "--version"]), { output: version }),
  succeeds(`the tool's round trips${on}`, command([tool, "bench", "--count", "10", "--timeout", "30"])),
];

/** All that a runtime runs, once `consumerProject` has been made. */
export const programSteps = (command) => [
  ...Object.values(programs).flat().map(([what, file]) => prints(what, command([file]))),
  ...toolSteps(command, ""),
];

let project;

/** The directory of users' programs that are compiled and bundled; several cells share it. */
export function consumerProject() {
  project ??= makeConsumerProject().then(async (directory) => {
    const failures = await failuresOf([...compiling(), ...bundling()], directory);
    if (failures.length) throw new Error(`${failures[0].name}: ${failures[0].message}`);
    return directory;
  });
  return project;
}

async function steps(directory) {
  const deno = denoPath();
  const permissions = ["--no-prompt", "--allow-net"];
  const npmForm = ["--no-config", "--node-modules-dir=manual", ...permissions];
  const runtimes = [["bun", [bunPath()]]];
  const { projects, missing } = await koffiProjects(directory);
  const older = nodeVersions.find((version) => parseInt(version) < 26);
  const withoutFfi = older === undefined ? {} : await nodePath(older);
  for (const version of [nodeVersions[0], nodeVersions.at(-1)]) {
    const node = await nodePath(version);
    if (node.path) runtimes.unshift([`node ${version.split(".")[0]}`, [node.path]]);
    else missing.push(node.reason);
  }
  if (runtimes.length === 1) runtimes.unshift([`node ${localNode}`, [process.execPath]]);
  const [oldTsc, oldTypes] = [await compilerOf("4.9"), await typesOf("18")];
  const noOldTypes = oldTsc.reason ?? oldTypes.reason;
  if (noOldTypes) missing.push(noOldTypes);
  runtimes.push(["deno", [deno, "run", ...npmForm]]);
  runtimes.push(["deno with --unstable-net", [deno, "run", ...npmForm, "--unstable-net"]]);

  const onEach = ([what, file]) => runtimes.map(([name, command]) => prints(`${what} on ${name}`, [...command, file]));
  const jsr = { cwd: "jsr" };
  return {
    missing,
    list: [
      ...programs.loaded.flatMap(onEach),
      ...compiling(),
      succeeds("tsc for a bundler", [...tsc, "-p", "tsconfig.bundler.json"]),
      succeeds("tsc as before exports", [...tsc, "-p", "tsconfig.node10.json"]),
      ...(noOldTypes ? [] : [
        succeeds("the oldest TypeScript, with its own check of the package's types", [
          process.execPath,
          oldTsc.path,
          "-p",
          "tsconfig.floor.json",
          "--typeRoots",
          oldTypes.path,
        ]),
      ]),
      ...programs.compiled.flatMap(onEach),
      ...bundling(),
      ...programs.bundled.flatMap(onEach),
      ...(withoutFfi.path ? koffiSteps(projects, withoutFfi.path) : []),
      ...runtimes.flatMap(([name, command]) => toolSteps((args) => [...command, ...args], ` on ${name}`)),
      prints("the tool by npx", npm(["--no-install", "@x/dgram", "--version"], "npx"), { output: version }),
      prints("the tool by bunx", [bunPath(), "x", "--bun", "--no-install", "@x/dgram", "--version"], {
        output: version,
      }),
      succeeds("deno check of the JSR form", [deno, "check", "types.ts", "entries.ts"], jsr),
      ...["types.ts", "entries.ts"].flatMap((file) => [
        prints(`the JSR form of ${file} on deno`, [deno, "run", ...permissions, file], jsr),
        prints(
          `the JSR form of ${file} on deno with --unstable-net`,
          [deno, "run", ...permissions, "--unstable-net", file],
          jsr,
        ),
      ]),
      prints("the tool by deno run", [deno, "run", ...permissions, "jsr:@x/dgram@^0/cli", "--version"], {
        ...jsr,
        output: version,
      }),
    ],
  };
}

/** Runs them in the directory of users' programs; answers those that failed. */
export async function failuresOf(list, directory, { env } = {}) {
  const failures = [];
  for (const { what, command, cwd, output } of list) {
    const result = await runCommand(command, {
      env,
      cwd: path.join(directory, cwd),
      timeout: output ? stepTimeout : compileTimeout,
    });
    if (result.code === 0 && (output === undefined || result.stdout.trim() === output)) continue;
    failures.push(failedStep(what, result));
  }
  return failures;
}

export async function runConsumers() {
  const started = performance.now();
  const directory = await makeConsumerProject();
  const { list, missing } = await steps(directory);
  const failures = await failuresOf(list, directory);
  return playedSteps(started, list.length, failures, missing);
}
