/** Commands that run with less than a usual process has: refused system calls, no network, another view of the files. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import process from "node:process";
import { root } from "./child.ts";
import { python } from "./python.ts";

/** A program with its arguments. */
export type CommandLine = [string, readonly string[]];

const script = resolve(root, "tests", "peers", "refuse_calls.py");

/** The command with these system calls refused: `tests/peers/refuse_calls.py` says how they are written. */
export function refusing(rules: readonly string[], [command, args]: CommandLine): CommandLine {
  return [python, [script, ...rules, "--", command, ...args]];
}

/** The command in new namespaces, after `setUp`, of the shell. */
export function unshared(what: "net" | "mount", setUp: string, [command, args]: CommandLine): CommandLine {
  return ["unshare", [`--${what}`, "sh", "-c", `${setUp} && exec "$@"`, "sh", command, ...args]];
}

function reasonAgainst([command, args]: CommandLine, what: string): string | false {
  if (process.platform !== "linux") return `${what}: Linux only`;
  const { error, status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? false : `${what}: ${error?.message ?? stderr.trim().split("\n")[0]}`;
}

/** For a test's `skip` option. */
export const refusingSkip: string | false = reasonAgainst(refusing(["acct:EPERM"], ["true", []]), "no seccomp filter");

/** The same, for what `unshared` does. */
export function unsharedSkip(what: "net" | "mount", setUp: string): string | false {
  return reasonAgainst(unshared(what, setUp, ["true", []]), "no namespace of its own, which takes root");
}
