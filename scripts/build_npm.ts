/**
 * Builds the npm artefact from mod.ts: ESM and CommonJS with their types, in dist/. Run with `deno run -A
 * scripts/build_npm.ts` or `npm run build`.
 */
import { rename, rm } from "node:fs/promises";
import process from "node:process";
import { build } from "tsup";
import config from "../deno.json" with { type: "json" };

/** deno.json's exports, by the name of their output: "." becomes mod, "./name" becomes name. */
const entries = Object.fromEntries(
  Object.entries(config.exports).map(([entry, file]) => [entry === "." ? "mod" : entry.slice(2), file]),
);

// Another build or a test run may be reading dist: the new one is made beside it and takes its place in one step.
const outDir = `dist-${process.pid}`;
const old = `dist-old-${process.pid}`;

try {
  await build({
    config: false,
    entry: entries,
    outDir,
    format: ["esm", "cjs"],
    dts: true,
    clean: true,
    platform: "neutral",
    target: "es2022",
    sourcemap: true,
    // The entries share one core, in CommonJS too: a socket of one is a socket of the other.
    splitting: true,
    // The default turns node:dgram into dgram, which Deno and bundlers do not take for a builtin.
    removeNodeProtocol: false,
    external: [/^node:/],
    silent: true,
  });
  await rename("dist", old).catch(() => {});
  await rename(outDir, "dist");
} finally {
  await rm(old, { recursive: true, force: true });
  await rm(outDir, { recursive: true, force: true });
}
