/** Children of a test that may ask the kernel: tests/peers/kernel.py starts them, and looks at their sockets. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import process from "node:process";
import { root, selfCommand } from "../support/child.ts";
import { startProcess } from "../support/json_process.ts";
import { python, pythonSkip } from "../support/python.ts";
import { within } from "../support/within.ts";

/** For a test's `skip` option: false where the kernel can be asked in this way, else the reason. */
export const kernelSkip: string | false = process.platform === "linux" ? pythonSkip : "needs Linux's /proc";

/** The same for a test that needs ss. */
export const statisticsSkip: string | false = kernelSkip ||
  (spawnSync("ss", ["-H", "-O", "-u", "-e", "--tos", "--inet-sockopt"]).status === 0 ? false : "no ss, or an old one");

const PROBE = `
import ctypes, os, subprocess, sys
with subprocess.Popen(["sleep", "9"], stdin=subprocess.PIPE) as child:
    taken = ctypes.CDLL(None).syscall(438, os.pidfd_open(child.pid), 0, 0)
    child.kill()
sys.exit(0 if taken >= 0 else 1)`;

/** The same for a test that has the kernel tell of all of a child's sockets: not every system lets a parent look. */
export const surveySkip: string | false = kernelSkip ||
  (spawnSync(python, ["-c", PROBE]).status === 0 ? false : "a process may not look at its child's sockets");

/** How a child is started. */
export interface How {
  /** It gets the descriptors of so many bound UDP sockets, joined by commas, as its last argument. */
  readonly sockets?: { readonly count: number; readonly family: 4 | 6; readonly address: string };
  /** Flags of the runtime. */
  readonly flags?: readonly string[];
  readonly timeout?: number;
}

/** Runs a case of `tests/<entry>.child.ts` to its end, and answers its result. */
export async function besideKernel<T>(entry: string, args: readonly string[], how: How = {}): Promise<T> {
  const { sockets, flags = [], timeout = 50_000 } = how;
  const script = resolve(root, "tests", "peers", "kernel.py");
  const [runtime, own] = selfCommand(entry, args);
  const place = own[0] === "run" ? 1 : 0;
  const command = [runtime, ...own.slice(0, place), ...flags, ...own.slice(place)];
  const given = sockets ? ["--udp", String(sockets.count), String(sockets.family), sockets.address] : [];
  const child = startProcess(python, ["-u", script, ...given, ...command], { timeout });
  child.end();
  const { stdout, stderr, code } = await within(child.result, `${entry} ${args.join(" ")}`, timeout + 5000);
  const last = stdout.trim().split("\n").pop() ?? "";
  if (code !== 0 || !last.startsWith("{")) throw new Error(`${entry} ended with ${code}\n${stdout}\n${stderr}`);
  const told = JSON.parse(last) as { result: T } | { error: string };
  if ("error" in told) throw new Error(told.error);
  return told.result;
}
