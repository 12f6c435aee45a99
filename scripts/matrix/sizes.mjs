// How large the package and its entries are, and how large they may be. In bytes.
import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { mustRun, npm } from "./command.mjs";
import { inRoot } from "./paths.mjs";

/**
 * What runs in programs, and what is installed beside it and runs in their tests. 23,000 of it are the observe entry, 21,000
 * the ancillary one and 16,000 the handoff one, which nobody loads who does not import them.
 */
const packedBudgets = { programs: 314_800, tests: 110_000 };

/**
 * Each entry with all that it loads, minified. The main one by who reads it, where `module` is a bundle for every runtime;
 * the others without what they have in common with it.
 */
const budgets = {
  "mod on node": 40_000,
  "mod on deno": 113_000,
  "mod on bun": 96_600,
  "mod in bundles": 136_000,
  ancillary: 17_500,
  deno: 1_000,
  ffi: 47_800,
  guard: 12_600,
  handoff: 15_600,
  joining: 2_000,
  joining_bun: 3_000,
  observe: 19_000,
  promises: 14_000,
  register: 3_000,
  testing: 115_000,
  web: 12_000,
  cli: 58_000,
};

const { exports } = JSON.parse(readFileSync(inRoot("deno.json"), "utf8"));
const others = Object.keys(exports).map((name) => name.slice(2)).filter((name) => name !== "");

const sum = (sizes) => sizes.reduce((total, size) => total + size, 0);

/** What those load when it pays. */
const loadedLater = ["joining", "joining_bun"];

async function minified(entry, conditions, external = []) {
  const { outputFiles } = await build({
    entryPoints: [inRoot("dist", `${entry}.js`)],
    bundle: true,
    minify: true,
    write: false,
    platform: "neutral",
    conditions,
    external: ["node:*", ...loadedLater.map((name) => `./${name}.js`), ...external],
    format: "esm",
    logLevel: "error",
  });
  return outputFiles[0].contents;
}

/** The main entry as a runtime reads it, or for `module` as it is in bundles for all of them. */
export function minifiedMain(condition) {
  return minified(condition === "module" ? "mod" : `mod_${condition}`, [condition]);
}

/** [{ name, size, budget }] of the package and of each entry; a budget is undefined where nobody has set one. */
export async function measureSizes() {
  const { stdout } = await mustRun(npm(["pack", "--dry-run", "--json", "--ignore-scripts"]));
  // An array of packages, or in newer versions of npm an object by name.
  const [pack] = Object.values(JSON.parse(stdout));
  const forTests = pack.files.map((file) => file.path).filter((file) => /^dist\/testing[._]/.test(file));
  const tests = sum(forTests.map((file) => gzipSync(readFileSync(inRoot(file)), { level: 9 }).length));
  const sizes = [
    { name: "packed, but for testing", size: pack.size - tests, budget: packedBudgets.programs },
    { name: "testing, packed", size: tests, budget: packedBudgets.tests },
  ];
  const add = (name, { length }) => sizes.push({ name, size: length, budget: budgets[name] });
  for (const runtime of ["node", "deno", "bun"]) add(`mod on ${runtime}`, await minifiedMain(runtime));
  add("mod in bundles", await minifiedMain("module"));
  for (const name of loadedLater) add(name, await minified(name, []));
  // The tool loads the ffi entry and the observe entry when it is asked for them.
  for (const entry of others) {
    add(
      entry,
      await minified(entry, ["module"], ["#dgram", "./core.js", "./ffi.js", "./observe.js", "./testing_views.cjs"]),
    );
  }
  return sizes;
}
