// Turns every test and every child of a test into one JavaScript file, so that old versions of Node need no loader.
import { build } from "esbuild";
import path from "node:path";
import { sourceAliases } from "./entries.mjs";
import { root, runDirectory } from "./paths.mjs";

/** `subject` is source (mod.ts is bundled in) or package (`@x/dgram` is left to the package's own exports). */
export async function bundleTests(subject, format, { tests, children }) {
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
    // tsconfig.json's paths lead to mod.ts, for both type checks and Bun; the package must be left alone.
    tsconfigRaw: { compilerOptions: { target: "es2022", verbatimModuleSyntax: true } },
    ...(subject === "source" ? { alias: sourceAliases } : { external: ["@x/dgram", "@x/dgram/*"] }),
    logLevel: "warning",
  });
  const output = (file) => path.join(outdir, file.slice("tests/".length).replace(/\.ts$/, extension));
  return { directory: outdir, extension, files: tests.map(output) };
}
