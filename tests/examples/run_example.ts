/** Runs the examples as they are, on the runtime that runs the test. */
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { type ProcessResult, root, selfCommand } from "../support/child.ts";
import { startProcess } from "../support/json_process.ts";

const TIMEOUT = 30_000;

let project: string | undefined;

/**
 * Where the examples are. "@x/dgram" means there what is tested: in the project's root by its own files; for the cells
 * of bundled tests in a project of its own, which has the package or the bundled source in its node_modules. The
 * matrix removes it with the bundles.
 */
function examplesDirectory(): string {
  const { DGRAM_TEST_DIR: bundles = "", DGRAM_TEST_EXT: extension = ".ts" } = process.env;
  if (extension === ".ts") return resolve(root, "examples");
  if (project !== undefined) return resolve(project, "examples");
  project = mkdtempSync(join(bundles, "examples-"));
  cpSync(resolve(root, "examples"), resolve(project, "examples"), { recursive: true });
  writeFileSync(resolve(project, "package.json"), JSON.stringify({ type: "module" }));
  const scope = resolve(project, "node_modules", "@x");
  mkdirSync(scope, { recursive: true });
  if (process.env.DGRAM_TEST_SUBJECT === "package") {
    symlinkSync(root, resolve(scope, "dgram"), "junction");
  } else {
    mkdirSync(resolve(scope, "dgram"));
    const entries = {
      ".": "main",
      "./ancillary": "main",
      "./ffi": "main",
      "./guard": "main",
      "./handoff": "main",
      "./observe": "main",
      "./promises": "promises",
      "./testing": "testing",
    };
    for (const name of new Set(Object.values(entries))) {
      copyFileSync(
        resolve(bundles, "examples", `${name}.child${extension}`),
        resolve(scope, "dgram", `${name}${extension}`),
      );
    }
    const exports = Object.entries(entries).map(([entry, name]) => [entry, `./${name}${extension}`]);
    writeFileSync(
      resolve(scope, "dgram", "package.json"),
      JSON.stringify({ name: "@x/dgram", exports: Object.fromEntries(exports) }),
    );
  }
  return resolve(project, "examples");
}

/** The command line of this runtime on examples/<name>.mjs. */
export function exampleCommand(name: string, args: readonly string[] = []): [string, string[]] {
  const [runtime, command] = selfCommand("", []);
  return [runtime, [...command.slice(0, -1), resolve(examplesDirectory(), `${name}.mjs`), ...args]];
}

/** Runs an example to its end. */
export function runExample(name: string, ...args: string[]): Promise<ProcessResult> {
  return runCommand(...exampleCommand(name, args));
}

/** Runs any command to its end. */
export function runCommand(command: string, args: readonly string[]): Promise<ProcessResult> {
  const child = startProcess(command, args, { timeout: TIMEOUT });
  child.end();
  return child.result;
}
