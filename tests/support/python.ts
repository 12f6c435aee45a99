/** Python scripts as network peers: a second implementation of UDP that shares no code with the one under test. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { root } from "./child.ts";
import { type JsonProcess, type ProcessOptions, startProcess } from "./json_process.ts";

/** For a test's `skip` option: false where Python 3 is there, else the reason. */
export const pythonSkip: string | false = spawnSync("python3", ["--version"]).status === 0
  ? false
  : "python3 is not installed";

/** Starts tests/peers/<name>.py, which reads and writes lines of JSON on its standard streams. */
export function startPeer(name: string, args: readonly string[] = [], options?: ProcessOptions): JsonProcess {
  return startProcess("python3", ["-u", resolve(root, "tests", "peers", `${name}.py`), ...args], options);
}
