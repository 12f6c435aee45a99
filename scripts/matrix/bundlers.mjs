// The packed package in bundles of webpack and rspack: without a warning, on each runtime that a bundle is for, and with a
// word of its own on the others. esbuild's are among the consumers.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { transformSync } from "esbuild";
import { runCommand } from "./command.mjs";
import { installedPackages } from "./installed_packages.mjs";
import { makeConsumerProject } from "./consumer_project.mjs";
import { inRoot } from "./paths.mjs";
import { bunPath, denoPath, nodePath, nodeVersions } from "./runtimes.mjs";
import { playedSteps } from "./steps.mjs";

const bundlers = [
  { name: "webpack", packages: ["webpack@5.113.0"] },
  { name: "@rspack/core", packages: ["@rspack/core@2.3.3"] },
];

/** For every runtime: by the conditions that a bundler has by itself, `module` among them. */
const forAll = [
  { from: "esm.mjs", to: "esm.mjs" },
  { from: "entries.mjs", to: "entries.mjs" },
  { from: "cjs.cjs", to: "cjs.cjs" },
];

/** A project's options that name one runtime and leave out `module`. */
const forOne = { Node: ["node", "import"], Deno: ["deno", "import"], Bun: ["bun", "import"] };

function optionsFor(project, out, { from, to, conditionNames }) {
  const esm = to.endsWith(".mjs");
  return {
    mode: "production",
    target: "node18",
    context: project,
    entry: `./${from}`,
    output: { path: out, filename: to, ...(esm ? { module: true, library: { type: "module" } } : {}) },
    ...(esm ? { experiments: { outputModule: true } } : {}),
    ...(conditionNames ? { resolve: { conditionNames } } : {}),
    performance: false,
  };
}

/** Undefined, or the reason of a failure. */
async function bundle(bundler, directory, options) {
  const script = inRoot("scripts", "matrix", "bundle_with.mjs");
  const given = JSON.stringify({ bundler, directory, options });
  const { code, stdout, output } = await runCommand([process.execPath, script, given], { timeout: 300_000 });
  if (code !== 0) return output;
  const said = JSON.parse(stdout);
  return said.length > 0 ? said.join("\n\n") : undefined;
}

async function findRuntimes() {
  const npmForm = ["run", "--no-config", "--node-modules-dir=manual", "--no-prompt", "--allow-net"];
  const runtimes = [
    { name: "deno", is: "Deno", command: [denoPath(), ...npmForm] },
    { name: "bun", is: "Bun", command: [bunPath()] },
  ];
  const missing = [];
  for (const version of [nodeVersions[0], nodeVersions.at(-1)]) {
    const node = await nodePath(version);
    if (node.path) runtimes.push({ name: `node ${version}`, is: "Node", command: [node.path] });
    else missing.push(node.reason);
  }
  return { runtimes, missing };
}

async function runsAsExpected(command, refusal) {
  const { code, stdout, output } = await runCommand(command, { timeout: 120_000 });
  if (refusal === undefined) return code === 0 && stdout.trim() === "pong" ? undefined : `exit code ${code}\n${output}`;
  return code !== 0 && output.includes(refusal) ? undefined : `exit code ${code}, and not "${refusal}"\n${output}`;
}

export async function runBundlers() {
  const started = performance.now();
  const { runtimes, missing } = await findRuntimes();
  const project = await makeConsumerProject();
  const source = readFileSync(path.join(project, "entries.mts"), "utf8");
  writeFileSync(path.join(project, "entries.mjs"), transformSync(source, { loader: "ts", target: "node18" }).code);

  const failures = [];
  let steps = 0;
  const step = async (name, attempt) => {
    steps += 1;
    const message = await attempt;
    if (message !== undefined) failures.push({ name, message });
    return message === undefined;
  };

  for (const { name: bundler, packages } of bundlers) {
    const { path: modules, reason } = await installedPackages(packages);
    if (reason !== undefined) {
      missing.push(reason);
      continue;
    }
    const out = path.join(project, `bundled-${bundler.replace(/\W+/g, "-")}`);
    const make = (what, made) =>
      step(`${bundler}: ${what}`, bundle(bundler, path.dirname(modules), optionsFor(project, out, made)));
    const run = (what, file, { name, command }, refusal) =>
      step(`${bundler}: ${what} on ${name}`, runsAsExpected([...command, path.join(out, file)], refusal));

    for (const made of forAll) {
      if (!await make(made.from, made)) continue;
      for (const runtime of runtimes) await run(made.from, made.to, runtime);
    }
    // What conditions lead to is the package's business, and the same for both.
    if (bundler !== bundlers[0].name) continue;
    for (const [runtime, conditionNames] of Object.entries(forOne)) {
      const made = { from: "esm.mjs", to: `for_${runtime}.mjs`, conditionNames };
      const what = `a bundle for ${runtime} alone`;
      if (!await make(what, made)) continue;
      for (const other of runtimes) {
        const refusal =
          `@x/dgram was bundled for ${runtime} and runs on ${other.is}; bundle it with the condition "module"`;
        await run(what, made.to, other, other.is === runtime ? undefined : refusal);
      }
    }
  }
  return playedSteps(started, steps, failures, missing);
}
