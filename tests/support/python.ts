/** Python scripts as network peers: a second implementation of UDP that shares no code with the one under test. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { root } from "./child.ts";
import { type JsonProcess, type ProcessOptions, startProcess } from "./json_process.ts";

/** Windows and some others have it under another name, or something else under this one. */
function programOf(name: string): string | undefined {
  const asked = ["-c", "import sys; print(sys.version_info[0], sys.executable)"];
  return /^3 (.+)/.exec(spawnSync(name, asked, { encoding: "utf8" }).stdout ?? "")?.[1];
}

/** What `npm test` has found is not looked for again: there are many test files. */
const told = process.env.DGRAM_TEST_PYTHON;
const found = told !== undefined && existsSync(told)
  ? told
  : programOf("python3") ?? programOf("python") ?? programOf("py");

/** The program of Python 3, where `pythonSkip` is false. */
export const python: string = found ?? "python3";

/** For a test's `skip` option: false where Python 3 is there, else the reason. */
export const pythonSkip: string | false = found === undefined ? "Python 3 is not installed" : false;

/** The same of a test that talks with a peer of `startPeer`. */
export const peersSkip: string | false = pythonSkip ||
  (process.platform === "win32"
    ? "Python on Windows has neither recvmsg() nor select() for its standard input"
    : false);

/** Starts tests/peers/<name>.py, or tests/<name>.py of a name with a folder, which reads and writes lines of JSON on its standard streams. */
export function startPeer(name: string, args: readonly string[] = [], options?: ProcessOptions): JsonProcess {
  return startProcess(
    python,
    ["-u", resolve(root, "tests", name.includes("/") ? "" : "peers", `${name}.py`), ...args],
    options,
  );
}
