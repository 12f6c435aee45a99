// Packages of the registry that some cell works with, below .runtimes: installed when they are asked for.
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { mustRun, npm } from "./command.mjs";
import { inRoot } from "./paths.mjs";

const found = new Map();

/**
 * Answers { path } of the node_modules with those packages, `name@version` each, or { reason }. Cells that run at the same
 * time share one installation. `more` are options of npm's.
 */
export function installedPackages(packages, ...more) {
  const key = packages.join(" ");
  if (!found.has(key)) found.set(key, find(packages, more));
  return found.get(key);
}

async function find(packages, more) {
  const directory = inRoot(".runtimes", packages[0].replace(/^@/, "").replace(/[/@]/g, "-"));
  const modules = path.join(directory, "node_modules");
  const isThere = packages.every((name) => existsSync(path.join(modules, name.slice(0, name.lastIndexOf("@")))));
  const reason = isThere ? undefined : await install(directory, packages, ...more);
  return reason === undefined ? { path: modules } : { reason };
}

/** Answers why it can't be done, or undefined. */
export async function install(directory, packages, ...more) {
  console.error(`installing ${packages.join(", ")} ...`);
  mkdirSync(directory, { recursive: true });
  const options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"];
  try {
    await mustRun(npm(["install", ...options, ...more, "--prefix", directory, ...packages]), {
      cwd: directory,
      timeout: 300_000,
    });
  } catch (error) {
    const lines = String(error.message).split("\n").filter((line) => /npm (error|ERR!)/.test(line));
    return `${packages.join(", ")} cannot be installed: ${lines[0] ?? error.message.split("\n")[0]}`;
  }
}
