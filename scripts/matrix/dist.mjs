// The built package, made again when anything it is made of is newer.
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { mustRun } from "./command.mjs";
import { entryFiles } from "./entries.mjs";
import { inRoot } from "./paths.mjs";
import { denoPath } from "./runtimes.mjs";

export const buildCommand = [denoPath(), "run", "-A", inRoot("scripts", "build_npm.ts")];

const newest = (target) => {
  const stats = statSync(target);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(target).map((name) => newest(path.join(target, name))));
};

function isUpToDate() {
  const product = inRoot("dist", "mod.cjs");
  const sources = [...entryFiles, "src", "deno.json", "package.json", "package-lock.json", "scripts/build_npm.ts"]
    .map((file) => inRoot(file));
  return existsSync(product) && sources.every((source) => newest(source) < statSync(product).mtimeMs);
}

export async function buildPackage({ anew = false } = {}) {
  if (!anew && isUpToDate()) return;
  console.error("building dist ...");
  await mustRun(buildCommand, { timeout: 600_000 });
}
