/**
 * Builds the npm artefact from mod.ts: ESM and CommonJS with their types, in dist/. Run with `deno run -A
 * scripts/build_npm.ts` or `npm run build`.
 */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { build, type Options } from "tsup";
import { buildDeclarations } from "./build_declarations.ts";
import config from "../deno.json" with { type: "json" };

/** deno.json's exports, by the name of their output: "." becomes mod, "./name" becomes name. */
const entries = Object.fromEntries(
  Object.entries(config.exports).map(([entry, file]) => [entry === "." ? "mod" : entry.slice(2), file]),
);

/** What package.json's `#core` stands for: each runtime reads its own adapter alone, and nothing twice. */
const cores = { core: "select", core_bun: "select_bun", core_deno: "select_deno", core_node: "select_node" };

/** In CommonJS a runtime can be asked before anything is read. Deno 2.9.5 has no condition of its own there. */
const CORE_IN_COMMONJS = `"use strict";
module.exports = "Bun" in globalThis
  ? require("./core_bun.cjs")
  : "Deno" in globalThis
  ? require("./core_deno.cjs")
  : require("./core_node.cjs");
`;

// Another build or a test run may be reading dist: the new one is made beside it and takes its place in one step.
const outDir = `dist-${process.pid}`;
const old = `dist-old-${process.pid}`;

const common: Options = {
  config: false,
  outDir,
  platform: "neutral",
  target: "es2022",
  // The default turns node:dgram into dgram, which Deno and bundlers do not take for a builtin.
  removeNodeProtocol: false,
  external: [/^node:/],
  splitting: false,
  silent: true,
};

// The entries share one core, in CommonJS too: a socket of one is a socket of the other.
const withoutCore: Options = {
  ...common,
  esbuildPlugins: [{
    name: "core",
    setup: ({ onResolve }) =>
      onResolve({ filter: /\/(core\/\w+|dgram)\.ts$/ }, () => ({ path: "#core", external: true })),
  }],
};

/** The core with the adapters of one of the `select` files. */
function coreWith(select: string): Options {
  return {
    ...common,
    esbuildPlugins: [{
      name: "select",
      setup: ({ onResolve }) =>
        onResolve({ filter: /\/select\.ts$/ }, () => ({ path: path.resolve("src", "runtimes", `${select}.ts`) })),
    }],
  };
}

/** What an entry imports and src/shared.ts does not export would fail when it is loaded. */
async function checkImportsOfCore(): Promise<void> {
  const names = (text: string): string[] => text.split(",").map((name) => name.trim().split(" ")[0]).filter(Boolean);
  const read = (file: string): Promise<string> => readFile(path.join(outDir, file), "utf8");
  const exported = new Set(
    [...(await read("core.js")).matchAll(/^export \{([^}]*)\};$/gm)].flatMap(([, list]) =>
      list.split(",").map((name) => name.trim().split(" as ").at(-1))
    ),
  );
  for (const entry of Object.keys(entries)) {
    for (const [, list] of (await read(`${entry}.js`)).matchAll(/^import \{([^}]*)\} from "#core";$/gm)) {
      const missing = names(list).filter((name) => !exported.has(name));
      if (missing.length > 0) throw new Error(`${entry} needs ${missing.join(", ")} of src/shared.ts`);
    }
  }
}

try {
  // The tool is run and never imported.
  const { cli: _tool, ...libraries } = entries;
  await build({ ...withoutCore, entry: entries, format: ["esm"] });
  await build({ ...withoutCore, entry: libraries, format: ["cjs"] });
  await buildDeclarations(libraries, outDir);
  // Each in one file: reading one more file takes a short program as long as compiling hundreds of lines.
  for (const [core, select] of Object.entries(cores)) {
    const format: Options["format"] = core === "core" ? ["esm"] : ["esm", "cjs"];
    await build({ ...coreWith(select), entry: { [core]: "src/shared.ts" }, format });
  }
  await writeFile(path.join(outDir, "core.cjs"), CORE_IN_COMMONJS);
  await checkImportsOfCore();
  // By its conditions in package.json a runtime finds its core without having to look `#core` up there: 0.5 to 1 ms.
  const main = await readFile(path.join(outDir, "mod.js"), "utf8");
  for (const runtime of ["bun", "deno", "node"]) {
    await writeFile(path.join(outDir, `mod_${runtime}.js`), main.replaceAll(`"#core"`, `"./core_${runtime}.js"`));
  }
  await rename("dist", old).catch(() => {});
  await rename(outDir, "dist");
} finally {
  await rm(old, { recursive: true, force: true });
  await rm(outDir, { recursive: true, force: true });
}
