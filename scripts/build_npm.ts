/**
 * Builds the npm artefact from mod.ts: ESM and CommonJS with their types, in dist/. Run with `deno run -A
 * scripts/build_npm.ts` or `npm run build`.
 *
 * | file                   | what is in it                                             | who reads it                      |
 * | ---------------------- | --------------------------------------------------------- | --------------------------------- |
 * | core.js                | src/core                                                  | all                               |
 * | libc.js                | what the adapters of Bun and of Deno share                | Bun, bundlers, the ffi entry      |
 * | mod_node.js            | the main entry over Node's adapter                        | Node                              |
 * | mod_deno.js            | the main entry over Deno's, and what libc.js has          | Deno                              |
 * | mod_bun.js             | the main entry over Bun's                                 | Bun                               |
 * | mod.js                 | the main entry over all of them                           | bundlers (`module`)               |
 * | promises.js, web.js, … | the other entries, over `#dgram`: one of the four above   | all                               |
 * | core_node.cjs          | src/core and the main entry over Node's adapter           | `require` on Node                 |
 * | web_node.cjs, …        | the other entries over it                                 | `require` on Node                 |
 * | joining.js             | what has the kernel join what is received                 | the ffi entry on Node, when it pays |
 * | joining_bun.js         | the same for Bun                                          | Bun, when it pays                 |
 * | testing_views.cjs      | what draws and writes the trace of a network in memory    | the testing entry, when asked     |
 * | in_place.js            | what src/register leads to                                | Node, Deno                        |
 * | mod.cjs, web.cjs, …    | the choice between them and the ES modules                | `require`                         |
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { build as bundle, type Plugin } from "esbuild";
import { build, type Options } from "tsup";
import ts from "typescript";
import { buildDeclarations } from "./build_declarations.ts";
import config from "../deno.json" with { type: "json" };

/** deno.json's exports, by the name of their output: "." becomes mod, "./name" becomes name. */
const entries = Object.fromEntries(
  Object.entries(config.exports).map(([entry, file]) => [entry === "." ? "mod" : entry.slice(2), file]),
);
/** The tool is run and never imported. */
const { cli: _tool, ...libraries } = entries;
const { mod: main, ...beside } = entries;

// Another build or a test run may be reading dist: the new one is made beside it and takes its place in one step.
const outDir = `dist-${process.pid}`;
const old = `dist-old-${process.pid}`;
/** Inside the project, and not published. */
const workDir = path.join(".build", `npm-${process.pid}`);

const inSources = (...parts: string[]): string => path.resolve("src", ...parts);
const isCore = (file: string): boolean => file.startsWith(inSources("core") + path.sep);

/** Comments are in the types, in JSR's copy and in the repository: here they were a seventh of the package. */
const withoutComments: Plugin = {
  name: "without-comments",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, async ({ path: file }) => ({
      contents: ts.transpileModule(await readFile(file, "utf8"), { compilerOptions }).outputText,
      loader: "js",
    })),
};
const compilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  removeComments: true,
};

const joining = {
  joining: inSources("runtimes", "kernel", "joining.ts"),
  joining_bun: inSources("runtimes", "bun", "joining.ts"),
};

/** What is loaded when it is asked for, and has one copy. Jest has no way to import a module later, so some is CommonJS. */
const later: Record<string, string> = {
  [inSources("ffi.ts")]: "./ffi.js",
  [inSources("observe", "mod.ts")]: "./observe.js",
  [joining.joining]: "./joining.js",
  [joining.joining_bun]: "./joining_bun.js",
  [inSources("testing", "views.ts")]: "./testing_views.cjs",
};

/** Has `place` say of each source file whether another file of the package has it, which is imported then. */
function imported(place: (file: string) => string | undefined): Plugin {
  return {
    name: "imported",
    setup: ({ onResolve }) =>
      onResolve({ filter: /^\..*\.ts$/ }, ({ path: specifier, resolveDir, kind }) => {
        const file = path.resolve(resolveDir, specifier);
        const found = (kind === "dynamic-import" ? later[file] : undefined) ?? place(file);
        return found === undefined ? undefined : { path: found, external: true };
      }),
  };
}

/** Puts one runtime's choice of a backend in the place of the choice between runtimes. */
function over(runtime: string): Plugin {
  const chosen = inSources("runtimes", runtime, "select.ts");
  return {
    name: "over",
    setup: ({ onResolve }) => onResolve({ filter: /\/runtimes\/select\.ts$/ }, () => ({ path: chosen })),
  };
}

async function make(entry: Record<string, string>, format: "esm" | "cjs", plugins: Plugin[], more: Options = {}) {
  await build({
    config: false,
    outDir,
    entry,
    format,
    platform: "neutral",
    target: "es2022",
    // The default turns node:dgram into dgram, which Deno and bundlers do not take for a builtin.
    removeNodeProtocol: false,
    external: [/^node:/],
    splitting: false,
    silent: true,
    esbuildPlugins: [...plugins, withoutComments],
    ...more,
  });
}

/** A module that exports all that those files export. */
async function joined(name: string, files: string[]): Promise<Record<string, string>> {
  const file = path.join(workDir, `${name}.ts`);
  const exports = files.map((file) => `export * from ${JSON.stringify(path.relative(workDir, file))};\n`);
  await writeFile(file, exports.join(""));
  return { [name]: file };
}

/** The source files of which a runtime's adapter uses anything. */
async function sourcesOf(runtime: string): Promise<string[]> {
  const { metafile } = await bundle({
    entryPoints: [inSources("runtimes", runtime, "select.ts")],
    bundle: true,
    write: false,
    metafile: true,
    platform: "neutral",
    external: ["node:*"],
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  return Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0).map((file) => path.resolve(file));
}

async function exportsOf(file: string): Promise<string[]> {
  const text = await readFile(path.join(outDir, file), "utf8");
  const lists = [...text.matchAll(/(?:^|[;}])export ?\{([^}]*)\};$/gm)].flatMap(([, list]) => list.split(","));
  return lists.map((name) => name.trim().split(" as ").at(-1)!).filter(Boolean);
}

/**
 * What `require` reads. A runtime can be asked here before anything else is read, and Deno 2.9.5 has no condition of its
 * own; it and Bun give their ES modules to `require`. Assigned, the exports can be replaced, as those of node:dgram. What
 * compiled code takes for a default export is the same object, so that it sees what has been replaced.
 */
async function writeCommonJS(entry: string): Promise<void> {
  const [onBun, onDeno, onNode] = entry === "mod"
    ? ["./mod_bun.js", "./mod_deno.js", "./core_node.cjs"]
    : [`./${entry}.js`, `./${entry}.js`, `./${entry}_node.cjs`];
  const lines = [
    `"use strict";`,
    `Object.defineProperty(exports, "__esModule", { value: true });`,
    `const given = "Bun" in globalThis`,
    `  ? require("${onBun}")`,
    `  : "Deno" in globalThis`,
    `  ? require("${onDeno}")`,
    `  : require("${onNode}");`,
    ...(await exportsOf(`${entry}.js`)).map((name) =>
      `exports.${name} = ${name === "default" ? "exports" : `given.${name}`};`
    ),
  ];
  await writeFile(path.join(outDir, `${entry}.cjs`), `${lines.join("\n")}\n`);
}

/** What a file imports of another and that does not export would fail when it is loaded. */
async function checkImports(): Promise<void> {
  for (const importer of (await readdir(outDir)).filter((file) => file.endsWith(".js"))) {
    const text = await readFile(path.join(outDir, importer), "utf8");
    for (const [, list, from = "mod.js"] of text.matchAll(/^import \{([^}]*)\} from "(?:\.\/([\w.]+)|#dgram)";$/gm)) {
      const exported = new Set(await exportsOf(from));
      const names = list.split(",").map((name) => name.trim().split(" ")[0]).filter(Boolean);
      const missing = names.filter((name) => !exported.has(name));
      if (missing.length > 0) throw new Error(`${importer} needs ${missing.join(", ")} of ${from}`);
    }
  }
}

try {
  await mkdir(workDir, { recursive: true });
  const core = (await readdir(inSources("core"))).filter((file) => file.endsWith(".ts"))
    .map((file) => inSources("core", file));
  const onDeno = new Set(await sourcesOf("deno"));
  const shared = (await sourcesOf("bun")).filter((file) => onDeno.has(file) && !isCore(file));

  const inCore = (file: string): string | undefined => isCore(file) ? "./core.js" : undefined;
  const inCoreOrLibc = (file: string): string | undefined => shared.includes(file) ? "./libc.js" : inCore(file);
  await make(await joined("core", core), "esm", []);
  // Bun reads it, and bundlers; people read JSR's copy.
  await make(await joined("libc", shared), "esm", [imported(inCore)], { minify: true });
  // Two files each: to read one more takes Deno a tenth of the time. For Bun it is nothing.
  await make({ mod_node: main }, "esm", [over("node"), imported(inCore)]);
  // Who reads it on Deno has JSR's copy, with every name and comment.
  await make({ mod_deno: main }, "esm", [over("deno"), imported(inCore)], { minify: true });
  await make({ mod_bun: main }, "esm", [over("bun"), imported(inCoreOrLibc)], { minify: true });
  // Bundlers read it, who write their own lines and names.
  await make({ mod: main }, "esm", [imported(inCoreOrLibc)], { minify: true });
  const dgram = inSources("dgram.ts");
  await make({ in_place: inSources("register", "in_place.ts") }, "esm", []);
  const overDgram = imported((file) => file === dgram ? "#dgram" : inCoreOrLibc(file));
  const { ancillary, cli, ffi, guard, handoff, observe, testing, ...besideTool } = beside;
  await make(besideTool, "esm", [overDgram]);
  // They are large, and what stands in them can be read in JSR's copy.
  await make({ ancillary, ffi, guard, handoff, observe, testing }, "esm", [overDgram], { minify: true });
  await make(joining, "esm", [], { minify: true });
  const views = { testing_views: inSources("testing", "views.ts") };
  await make(views, "cjs", [], { minify: true, platform: "node" });
  // It is run and never imported: nobody reads it, or stops in it.
  await make({ cli }, "esm", [overDgram], { minify: true });

  // What stands in it can be read in core.js and mod_node.js.
  await make(await joined("core_node", [...core, dgram]), "cjs", [over("node")], { minify: true });
  const inCoreOfNode = imported((file) => file === dgram || isCore(file) ? "./core_node.cjs" : undefined);
  for (const [name, file] of Object.entries(libraries)) {
    if (name !== "mod") {
      const requiring: Options = {
        minify: true,
        esbuildOptions: (options) => void (options.supported = { "dynamic-import": false }),
      };
      // What stands in them can be read in the ES modules. One of tsup's shims stands in for import.meta.url, by which
      // src/register knows its place.
      const more = { ...name === "testing" ? requiring : { minify: true }, shims: name === "register" };
      await make({ [`${name}_node`]: file }, "cjs", [inCoreOfNode], more);
    }
    await writeCommonJS(name);
  }

  await buildDeclarations(libraries, outDir);
  await checkImports();
  await rename("dist", old).catch(() => {});
  await rename(outDir, "dist");
} finally {
  for (const directory of [old, outDir, workDir]) await rm(directory, { recursive: true, force: true });
}
