// The packed package in users' hands: each way to load it, on each runtime, with the permissions a user would give.
import path from "node:path";
import { runCommand } from "./command.mjs";
import { makeConsumerProject } from "./consumer_project.mjs";
import { nodeProgram } from "./paths.mjs";
import { bunPath, denoPath, nodePath, nodeVersions } from "./runtimes.mjs";

const stepTimeout = 20_000;
const compileTimeout = 120_000;
const tsc = nodeProgram("typescript", "bin", "tsc");

/** Bundles a user's file in both formats; the package goes into the bundle. */
function bundle(file, format) {
  const esbuild = nodeProgram("esbuild", "bin", "esbuild");
  const extension = format === "cjs" ? "cjs" : "mjs";
  return [
    ...esbuild,
    file,
    "--bundle",
    "--platform=node",
    `--format=${format}`,
    `--outfile=bundled/${format}.${extension}`,
    "--log-level=warning",
  ];
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
  runtimes.push(["deno", [deno, "run", ...npmForm]]);
  runtimes.push(["deno with --unstable-net", [deno, "run", ...npmForm, "--unstable-net"]]);

  const prints = (what, command, cwd = ".") => ({ what, command, cwd, output: "pong" });
  const succeeds = (what, command, cwd = ".") => ({ what, command, cwd });
  const onEach = (what, file) => runtimes.map(([name, command]) => prints(`${what} on ${name}`, [...command, file]));
  return {
    missing,
    list: [
      ...onEach("an ES module", "esm.mjs"),
      ...onEach("a CommonJS module", "cjs.cjs"),
      succeeds("tsc as ES module and CommonJS", [...tsc, "-p", "."]),
      succeeds("tsc for a bundler", [...tsc, "-p", "tsconfig.bundler.json"]),
      ...onEach("compiled TypeScript as an ES module", "compiled/types.mjs"),
      ...onEach("compiled TypeScript as CommonJS", "compiled/types.cjs"),
      succeeds("esbuild to an ES module", bundle("esm.mjs", "esm")),
      succeeds("esbuild to CommonJS", bundle("cjs.cjs", "cjs")),
      ...onEach("a bundle as an ES module", "bundled/esm.mjs"),
      ...onEach("a bundle as CommonJS", "bundled/cjs.cjs"),
      succeeds("deno check of the JSR form", [deno, "check", "types.ts"], "jsr"),
      prints("the JSR form on deno", [deno, "run", ...permissions, "types.ts"], "jsr"),
      prints(
        "the JSR form on deno with --unstable-net",
        [deno, "run", ...permissions, "--unstable-net", "types.ts"],
        "jsr",
      ),
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
    const ending = result.timedOut ? `killed after ${Math.round(result.seconds)} s` : `exit code ${result.code}`;
    failures.push({ name: what, message: `${ending}\n${result.output.trimEnd()}` });
  }
  return {
    passed: list.length - failures.length,
    failed: failures.length,
    skipped: missing.length,
    reason: missing.join("; "),
    seconds: (performance.now() - started) / 1000,
    failures,
  };
}
