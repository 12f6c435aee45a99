import type * as util from "node:util";
import { builtin } from "../core/builtins.ts";
import { getProcess } from "../core/process.ts";

/** What else a message says of an errno: only of those that getting or setting a buffer size can fail with. */
const MEANINGS: Readonly<Record<string, string>> = {
  EBADF: "bad file descriptor",
  EINVAL: "invalid argument",
  ENOBUFS: "no buffer space available",
  EPERM: "operation not permitted",
};

/** A builtin module, with what this Bun's lacks: before 1.4.0 (seen from 1.2.6 to 1.3.14) node:util has no `getSystemErrorMap`. */
export function loadOnBun(name: string): unknown {
  const module = getProcess().getBuiltinModule!(name);
  if (name !== "node:util" || "getSystemErrorMap" in (module as object)) return module;
  return { ...module as typeof util, getSystemErrorMap: systemErrorMap };
}

function systemErrorMap(): Map<number, [string, string]> {
  const entries = Object.entries(builtin("os").constants.errno);
  return new Map(entries.map(([name, errno]) => [-errno, [name, MEANINGS[name] ?? name]]));
}
