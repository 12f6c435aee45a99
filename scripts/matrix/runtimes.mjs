// Finds or installs the runtimes. A version that cannot be had is reported as skipped, with the reason.
import { chmodSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { runCommand } from "./command.mjs";
import { install } from "./installed_packages.mjs";
import { inRoot, packageFile } from "./paths.mjs";

/** The newest of each line that the registry serves as a package, unless others are asked for. */
export const nodeVersions = process.env.DGRAM_TEST_NODES?.split(",") ??
  ["18.20.8", "20.20.2", "22.23.5", "24.22.3", "26.12.1"];

/** The version of that line of Node which the matrix is about; undefined if there is none. */
export const nodeOfLine = (line) => nodeVersions.find((version) => version.startsWith(`${line}.`));

/** The Node that runs the matrix: it is there where no package of another is. */
export const localNode = process.versions.node;

const { engines } = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));

/** The oldest version that the package supports, by the runtime's name in package.json's engines. */
export const floors = Object.fromEntries(
  Object.entries(engines).map(([runtime, range]) => [runtime, range.replace(/^>=/, "")]),
);

const windows = process.platform === "win32";
const systems = { node: windows ? "win" : process.platform, bun: windows ? "windows" : process.platform };
const executable = (name) => windows ? `${name}.exe` : name;

/** The packages that hold nothing but a runtime's program for this platform. */
const programs = {
  node: [`node-${systems.node}-${process.arch}`, `bin/${executable("node")}`],
  deno: [
    `@deno/${process.platform}-${process.arch}${process.platform === "linux" ? "-glibc" : ""}`,
    executable("deno"),
  ],
  bun: [
    `@oven/bun-${systems.bun}-${process.arch === "arm64" ? "aarch64" : process.arch}`,
    `bin/${executable("bun")}`,
  ],
};

/** Deno's own program: its .bin wrapper would outlive or hide it when it is killed. */
export function denoPath() {
  return packageFile(...programs.deno);
}

/** The same as `runtimePath` answers: not every machine has one. */
export const denoProgram = () => there(denoPath(), "deno");
export const bunProgram = () => there(bunPath(), "bun");

function there(file, name) {
  return existsSync(file) ? { path: file } : { reason: `npm has put no ${name} for this machine at ${file}` };
}

/** Bun's own program, which its install script puts there under this name on every platform. */
export function bunPath() {
  return packageFile("bun", "bin", "bun.exe");
}

/** A version of Node, as `runtimePath` answers. */
export function nodePath(version) {
  if (process.versions.node === version && !process.versions.bun) return { path: process.execPath };
  const hosted = hostedNode(version);
  return hosted === undefined ? runtimePath("node", version) : { path: hosted };
}

/** Where GitHub's setup-node puts each version: npm has no package of Node for macOS on arm64, nor the newest for Windows. */
function hostedNode(version) {
  const { RUNNER_TOOL_CACHE: cache } = process.env;
  if (!cache) return undefined;
  const file = path.join(cache, "node", version, process.arch, ...(windows ? ["node.exe"] : ["bin", "node"]));
  return existsSync(file) ? file : undefined;
}

const found = new Map();

/** Answers { path } or { reason }; cells that run at the same time share one installation. */
export function runtimePath(runtime, version) {
  const key = `${runtime}-${version}`;
  if (!found.has(key)) found.set(key, find(runtime, version));
  return found.get(key);
}

async function find(runtime, version) {
  const [name, program] = programs[runtime];
  const directory = inRoot(".runtimes", `${runtime}-${version}`);
  const file = path.join(directory, "node_modules", name, program);
  if (!existsSync(file)) {
    const reason = await install(directory, [`${name}@${version}`]);
    if (reason !== undefined) return { reason };
    // Deno's packages before 2.0.1 leave that to their install script.
    chmodSync(file, 0o755);
  }
  const { code, output } = await runCommand([file, "--version"], { timeout: 30_000 });
  if (code !== 0) return { reason: `${name}@${version} does not run here: ${output.split("\n")[0]}` };
  return { path: file };
}
