// The runtimes' programs for other machines, of npm's packages.
import { chmodSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { install } from "../installed_packages.mjs";
import { inRoot } from "../paths.mjs";

const { devDependencies } = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));

/** A runtime's program: `name` of npm's package, its version, and where it is in there. */
export const program = (runtime, version, name, file) => ({ runtime, version, name, file });
export const deno = (name, file = "deno") => program("deno", devDependencies.deno, name, file);
export const bun = (name, file = "bin/bun") => program("bun", devDependencies.bun, name, file);

const found = new Map();

/** Answers { path } or { reason }; cells that run at the same time share one installation. */
export function programPath({ name, version, file }) {
  const key = `${name}@${version}`;
  if (!found.has(key)) found.set(key, find(key, name, file));
  return found.get(key);
}

async function find(key, name, file) {
  const directory = inRoot(".runtimes", key.replace(/^@/, "").replace(/[/@]/g, "-"));
  const found = path.join(directory, "node_modules", name, file);
  if (!existsSync(found)) {
    // npm installs no package of another machine unless it is forced to.
    const reason = await install(directory, [key], "--force");
    if (reason !== undefined) return { reason };
    chmodSync(found, 0o755);
  }
  return { path: found };
}
