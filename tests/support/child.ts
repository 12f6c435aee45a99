/**
 * Starts the runtime that runs the test once more, with the same flags, on `tests/<entry>.child.ts`. The test matrix
 * says by environment where the bundled form of that file is; with no such environment it is the .ts file itself, so
 * that one test can be run by hand from the project's root.
 */
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { type JsonProcess, type ProcessOptions, type ProcessResult, startProcess } from "./json_process.ts";

export type { JsonProcess, ProcessOptions, ProcessResult } from "./json_process.ts";

/** The runtime that runs this test. */
export const runtime: "node" | "deno" | "bun" = process.versions.deno ? "deno" : process.versions.bun ? "bun" : "node";

/** The project's root. */
export const root: string = process.env.DGRAM_TEST_ROOT ?? process.cwd();

/** A module that is not bundled with the test, by its path from the root. */
// deno-lint-ignore no-explicit-any
export const load = (file: string): Promise<any> => import(pathToFileURL(resolve(root, file)).href);

interface DenoGlobal {
  listenDatagram?: unknown;
  permissions: { querySync(descriptor: { name: string }): { state: string } };
}

/** The flags this process was started with, as far as a Deno process can tell. */
function ownFlags(): string[] {
  if (runtime !== "deno") return [];
  const { Deno } = globalThis as unknown as { Deno: DenoGlobal };
  const flags = ["--no-prompt", "--no-check"];
  for (const name of ["net", "read", "write", "env", "run", "sys", "ffi"]) {
    if (Deno.permissions.querySync({ name }).state === "granted") flags.push(`--allow-${name}`);
  }
  if (Deno.listenDatagram) flags.push("--unstable-net");
  return flags;
}

/** The command line of this runtime on `entry` (`name` for tests/name.child.ts, `folder/name` below a folder). */
export function selfCommand(entry: string, args: readonly string[] = []): [string, string[]] {
  const directory = process.env.DGRAM_TEST_DIR ?? resolve(root, "tests");
  const extension = process.env.DGRAM_TEST_EXT ?? ".ts";
  const given = process.env.DGRAM_RUNTIME_FLAGS;
  const flags = given === undefined ? ownFlags() : JSON.parse(given) as string[];
  const verb = runtime === "deno" ? ["run"] : [];
  return [process.execPath, [...verb, ...flags, resolve(directory, `${entry}.child${extension}`), ...args]];
}

/** Starts this runtime on `entry` and leaves the talking to the caller. */
export function startSelf(entry: string, args: readonly string[] = [], options?: ProcessOptions): JsonProcess {
  return startProcess(...selfCommand(entry, args), options);
}

/** Runs this runtime on `entry` to its end. */
export function spawnSelf(
  entry: string,
  args: readonly string[] = [],
  options?: ProcessOptions,
): Promise<ProcessResult> {
  const child = startSelf(entry, args, options);
  child.end();
  return child.result;
}
