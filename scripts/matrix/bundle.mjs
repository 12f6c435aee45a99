// Turns every test and every child of a test into one JavaScript file, so that old versions of Node need no loader.
import { build } from "esbuild";
import path from "node:path";
import { sourceAliases } from "./entries.mjs";
import { inRoot, root, runDirectory } from "./paths.mjs";

/** Puts the ffi entry's sockets below all entries: those of src/ffi.ts in the place of src/dgram.ts's. */
const ffiSockets = {
  name: "ffi-sockets",
  setup(bundler) {
    const ffi = inRoot("src", "ffi.ts");
    bundler.onResolve({ filter: /\/dgram\.ts$/ }, ({ path: specifier, resolveDir, importer }) => {
      const resolved = path.resolve(resolveDir, specifier);
      return importer !== ffi && resolved === inRoot("src", "dgram.ts") ? { path: ffi } : undefined;
    });
  },
};

/** Has Deno's sockets be those of Deno.listenDatagram, where the module would choose others. */
const listenDatagramSockets = {
  name: "listen-datagram-sockets",
  setup(bundler) {
    const chosen = inRoot("tests", "support", "select_listen_datagram.ts");
    bundler.onResolve({ filter: /\/runtimes\/select\.ts$/ }, () => ({ path: chosen }));
  },
};

/** Has all sockets be those of one host of a network in memory. */
const memorySockets = {
  name: "memory-sockets",
  setup(bundler) {
    const chosen = inRoot("tests", "support", "select_memory.ts");
    bundler.onResolve(
      { filter: /\/runtimes\/select\.ts$/ },
      ({ importer }) => importer === chosen ? undefined : { path: chosen },
    );
  },
};

/** Has the tests be those of bun:test: what test_over_bun.mjs is for. */
const testsOverBun = {
  name: "tests-over-bun",
  setup(bundler) {
    bundler.onResolve({ filter: /^node:test$/ }, () => ({ path: inRoot("scripts", "matrix", "test_over_bun.mjs") }));
    bundler.onResolve({ filter: /^bun:test$/ }, ({ path }) => ({ path, external: true }));
  },
};

const plugins = {
  ffi: [ffiSockets],
  listenDatagram: [listenDatagramSockets],
  memory: [memorySockets],
  overBun: [testsOverBun],
};

/**
 * `subject` is source (mod.ts is bundled in), ffi (the same with the ffi entry's sockets), listenDatagram (the same with
 * that backend), memory (the same with sockets in memory), overBun (source with bun:test in the place of node:test) or
 * package (`@x/dgram` is left to the package's own exports). With `sourcemap` what is run can be traced back to the sources;
 * `more` are other plugins of esbuild's.
 */
export async function bundleTests(subject, format, { tests, children }, { sourcemap = false, more = [] } = {}) {
  const outdir = path.join(runDirectory, `${subject}-${format}`);
  const extension = format === "cjs" ? ".cjs" : ".mjs";
  await build({
    absWorkingDir: root,
    entryPoints: [...tests, ...children],
    outdir,
    outbase: "tests",
    outExtension: { ".js": extension },
    bundle: true,
    platform: "node",
    target: "node18",
    format,
    sourcemap,
    // tsconfig.json's paths lead to mod.ts, for both type checks and Bun; the package must be left alone.
    tsconfigRaw: { compilerOptions: { target: "es2022", verbatimModuleSyntax: true } },
    ...(subject === "package" ? { external: ["@x/dgram", "@x/dgram/*"] } : { alias: sourceAliases }),
    plugins: [...plugins[subject] ?? [], ...more],
    logLevel: "warning",
    // src/runtimes/node/libc.ts does without it there.
    logOverride: { "empty-import-meta": "silent" },
  });
  const fileOf = (file) => path.join(outdir, file.slice("tests/".length).replace(/\.ts$/, extension));
  return { directory: outdir, extension, fileOf };
}
