/**
 * Builds the npm artefact from mod.ts: ESM and CommonJS with their types, in dist/. Run with `deno run -A
 * scripts/build_npm.ts` or `npm run build`.
 */
import { rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { build, type Options } from "tsup";
import config from "../deno.json" with { type: "json" };

/** deno.json's exports, by the name of their output: "." becomes mod, "./name" becomes name. */
const entries = Object.fromEntries(
  Object.entries(config.exports).map(([entry, file]) => [entry === "." ? "mod" : entry.slice(2), file]),
);

/** What package.json's `#select` stands for: each runtime reads its own adapter alone. */
const selects = ["select", "select_bun", "select_deno", "select_node"];

/** In CommonJS a runtime can be asked before anything is read. Deno 2.9.5 has no condition of its own there. */
const SELECT_IN_COMMONJS = `"use strict";
exports.select = "Bun" in globalThis
  ? require("./select_bun.cjs").select
  : "Deno" in globalThis
  ? require("./select_deno.cjs").select
  : require("./select_node.cjs").select;
`;

// Another build or a test run may be reading dist: the new one is made beside it and takes its place in one step.
const outDir = `dist-${process.pid}`;
const old = `dist-old-${process.pid}`;

const common: Options = {
  config: false,
  outDir,
  platform: "neutral",
  target: "es2022",
  sourcemap: true,
  // The default turns node:dgram into dgram, which Deno and bundlers do not take for a builtin.
  removeNodeProtocol: false,
  external: [/^node:/],
  silent: true,
};

/** Without the adapters, which package.json chooses from. */
const withoutAdapters: Options = {
  ...common,
  // The entries share one core, in CommonJS too: a socket of one is a socket of the other.
  splitting: true,
  esbuildPlugins: [{
    name: "select",
    setup: ({ onResolve }) => onResolve({ filter: /\/select\.ts$/ }, () => ({ path: "#select", external: true })),
  }],
};

try {
  // The tool is run and never imported.
  const { cli: _tool, ...libraries } = entries;
  await build({ ...withoutAdapters, entry: entries, format: ["esm"], dts: true });
  await build({ ...withoutAdapters, entry: libraries, format: ["cjs"], dts: true });
  // Each in one file: reading one more file takes a short program as long as compiling hundreds of lines.
  await build({
    ...common,
    entry: Object.fromEntries(selects.map((name) => [name, `src/runtimes/${name}.ts`])),
    format: ["esm", "cjs"],
    splitting: false,
  });
  await writeFile(path.join(outDir, "select.cjs"), SELECT_IN_COMMONJS);
  await rename("dist", old).catch(() => {});
  await rename(outDir, "dist");
} finally {
  await rm(old, { recursive: true, force: true });
  await rm(outDir, { recursive: true, force: true });
}
