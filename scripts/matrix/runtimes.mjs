// Finds or installs the runtimes. A version of Node that cannot be had is reported as skipped, with the reason.
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { mustRun, runCommand } from "./command.mjs";
import { inRoot, packageFile } from "./paths.mjs";

/** The newest of each line that the registry serves as a package. */
export const nodeVersions = ["18.20.8", "20.20.2", "22.23.3", "24.21.0", "26.10.0"];

const platform = process.platform === "win32" ? "win" : process.platform;
const executable = (name) => process.platform === "win32" ? `${name}.exe` : name;

/** Deno's own program: its .bin wrapper would outlive or hide it when it is killed. */
export function denoPath() {
  const libc = platform === "linux" ? "-glibc" : "";
  const os = platform === "win" ? "win32" : platform;
  return packageFile("@deno", `${os}-${process.arch}${libc}`, executable("deno"));
}

/** Bun's own program, which its install script puts there under this name on every platform. */
export function bunPath() {
  return createRequire(packageFile("bun", "package.json")).resolve("./bin/bun.exe");
}

const found = new Map();

/** Answers { path } or { reason }; cells that run at the same time share one installation. */
export function nodePath(version) {
  if (!found.has(version)) found.set(version, findNode(version));
  return found.get(version);
}

async function findNode(version) {
  if (process.versions.node === version && !process.versions.bun) return { path: process.execPath };
  const directory = inRoot(".runtimes", `node-${version}`);
  const name = `node-${platform}-${process.arch}`;
  const path = `${directory}/node_modules/${name}/bin/${executable("node")}`;
  if (!existsSync(path)) {
    console.error(`installing Node ${version} ...`);
    mkdirSync(directory, { recursive: true });
    try {
      const install = ["npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund"];
      await mustRun([...install, "--prefer-offline", "--ignore-scripts", "--prefix", directory, `${name}@${version}`], {
        cwd: directory,
        timeout: 300_000,
      });
    } catch (error) {
      const lines = String(error.message).split("\n").filter((line) => /npm (error|ERR!)/.test(line));
      return { reason: `${name}@${version} cannot be installed: ${lines[0] ?? error.message.split("\n")[0]}` };
    }
  }
  const { code, output } = await runCommand([path, "--version"], { timeout: 30_000 });
  if (code !== 0) return { reason: `${name}@${version} does not run here: ${output.split("\n")[0]}` };
  return { path };
}
