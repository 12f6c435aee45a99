// The packed package in users' hands: each way to load each entry, on each runtime, with the permissions a user would
// give.
import { readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { npm, runCommand } from "./command.mjs";
import { makeConsumerProject } from "./consumer_project.mjs";
import { inRoot, nodeProgram } from "./paths.mjs";
import { bunPath, denoPath, nodePath, nodeVersions } from "./runtimes.mjs";
import { failedStep, playedSteps } from "./steps.mjs";
import { compilerOf, typesOf } from "./type_versions.mjs";

// A busy machine took 76 s for what takes 3 s on an idle one.
const stepTimeout = 120_000;
const compileTimeout = 300_000;
const tsc = nodeProgram("typescript", "bin", "tsc");

/** The entries beside the main one; each has a user's module of its own name, of both kinds. */
const entries = ["promises", "web", "ffi", "deno", "testing"];
const { version } = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));

/** Bundles users' files; the package goes into each bundle. */
function bundle(files, format) {
  const esbuild = nodeProgram("esbuild", "bin", "esbuild");
  const extension = `--out-extension:.js=.${format === "cjs" ? "cjs" : "mjs"}`;
  const options = ["--bundle", "--platform=node", `--format=${format}`, "--outdir=bundled", extension];
  return [...esbuild, ...files, ...options, "--log-level=warning"];
}

async function steps() {
  const deno = denoPath();
  const permissions = ["--no-prompt", "--allow-net"];
  const npmForm = ["--no-config", "--node-modules-dir=manual", ...permissions];
  const runtimes = [["bun", [bunPath()]]];
  const missing = [];
  for (const version of [nodeVersions[0], nodeVersions.at(-1)]) {
    const node = await nodePath(version);
    if (node.path) runtimes.unshift([`node ${version.split(".")[0]}`, [node.path]]);
    else missing.push(node.reason);
  }
  const [oldTsc, oldTypes] = [await compilerOf("4.9"), await typesOf("18")];
  const noOldTypes = oldTsc.reason ?? oldTypes.reason;
  if (noOldTypes) missing.push(noOldTypes);
  runtimes.push(["deno", [deno, "run", ...npmForm]]);
  runtimes.push(["deno with --unstable-net", [deno, "run", ...npmForm, "--unstable-net"]]);

  const prints = (what, command, { cwd = ".", output = "pong" } = {}) => ({ what, command, cwd, output });
  const succeeds = (what, command, { cwd = "." } = {}) => ({ what, command, cwd });
  const onEach = (what, file) => runtimes.map(([name, command]) => prints(`${what} on ${name}`, [...command, file]));
  const jsr = { cwd: "jsr" };
  const tool = path.join("node_modules", "@x", "dgram", "dist", "cli.js");
  return {
    missing,
    list: [
      ...onEach("an ES module", "esm.mjs"),
      ...onEach("a CommonJS module", "cjs.cjs"),
      ...entries.flatMap((entry) => [
        ...onEach(`an ES module of ${entry}`, `${entry}.mjs`),
        ...onEach(`a CommonJS module of ${entry}`, `${entry}.cjs`),
      ]),
      succeeds("tsc as ES module and CommonJS", [...tsc, "-p", "."]),
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
      ...onEach("compiled TypeScript as an ES module", "compiled/types.mjs"),
      ...onEach("compiled TypeScript as CommonJS", "compiled/types.cjs"),
      ...onEach("compiled TypeScript of the entries as an ES module", "compiled/entries.mjs"),
      ...onEach("compiled TypeScript of the entries as CommonJS", "compiled/entries.cjs"),
      succeeds("esbuild to ES modules", bundle(["esm.mjs", "entries.mts"], "esm")),
      succeeds("esbuild to CommonJS", bundle(["cjs.cjs", "entries.cts"], "cjs")),
      ...onEach("a bundle as an ES module", "bundled/esm.mjs"),
      ...onEach("a bundle as CommonJS", "bundled/cjs.cjs"),
      ...onEach("a bundle of the entries as an ES module", "bundled/entries.mjs"),
      ...onEach("a bundle of the entries as CommonJS", "bundled/entries.cjs"),
      ...runtimes.flatMap(([name, command]) => [
        prints(`the tool's version on ${name}`, [...command, tool, "--version"], { output: version }),
        succeeds(`the tool's round trips on ${name}`, [...command, tool, "bench", "--count", "10"]),
      ]),
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

export async function runConsumers() {
  const started = performance.now();
  const { list, missing } = await steps();
  const directory = await makeConsumerProject();
  const failures = [];
  for (const { what, command, cwd, output } of list) {
    const result = await runCommand(command, {
      cwd: path.join(directory, cwd),
      timeout: output ? stepTimeout : compileTimeout,
    });
    if (result.code === 0 && (output === undefined || result.stdout.trim() === output)) continue;
    failures.push(failedStep(what, result));
  }
  return playedSteps(started, list.length, failures, missing);
}
