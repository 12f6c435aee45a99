import { build } from "esbuild";
import { inRoot } from "./paths.mjs";

/**
 * The built main entry with all that it loads, bundled and minified: as the runtime reads it that is one of the
 * conditions of package.json's `#dgram`.
 */
export async function minified(condition) {
  const { outputFiles } = await build({
    entryPoints: [inRoot("dist", "mod.js")],
    bundle: true,
    minify: true,
    write: false,
    platform: "neutral",
    conditions: [condition],
    external: ["node:*"],
    format: "esm",
    logLevel: "error",
  });
  return outputFiles[0].contents;
}
