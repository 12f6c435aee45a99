import { build } from "esbuild";
import { inRoot } from "../scripts/matrix/paths.mjs";

/** The main entry as Node reads it, with all that it loads, bundled and minified, in kB. */
export async function minifiedKilobytes() {
  const { outputFiles } = await build({
    entryPoints: [inRoot("dist", "mod.js")],
    bundle: true,
    minify: true,
    write: false,
    platform: "neutral",
    conditions: ["node"],
    external: ["node:*"],
    format: "esm",
    logLevel: "error",
  });
  return outputFiles[0].contents.length / 1000;
}
