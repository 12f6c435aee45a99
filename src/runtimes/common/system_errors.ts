import { getProcess } from "../../core/process.ts";

type Util = Pick<typeof import("node:util"), "getSystemErrorMap" | "getSystemErrorName">;

/**
 * `process.getBuiltinModule`, with `util.getSystemErrorMap` where it is missing: Deno before 2.9.0, Bun before 1.4.0.
 * Nothing is loaded before it is asked for.
 */
export function builtinWithSystemErrors(name: string): unknown {
  // Not looked at before: Deno 2.9.5 loads node:module for it, which takes 3 ms.
  const module = getProcess().getBuiltinModule!(name);
  if (name !== "node:util" || "getSystemErrorMap" in (module as Util)) return module;
  let map: Map<number, [string, string]> | undefined;
  return Object.create(module as Util, {
    getSystemErrorMap: { value: () => map ??= systemErrorMap(module as Util) },
  });
}

/** The numbers and names that the runtime knows one by one. */
function systemErrorMap(util: Util): Map<number, [string, string]> {
  const map = new Map<number, [string, string]>();
  for (let errno = -1; errno >= LOWEST; errno--) {
    const name = nameOf(util, errno);
    if (name !== undefined) map.set(errno, [name, MEANINGS[name] ?? "unknown error"]);
  }
  return map;
}

/** libuv's EOF. */
const LOWEST = -4095;

function nameOf(util: Util, errno: number): string | undefined {
  try {
    const name = util.getSystemErrorName(errno);
    return /^E[A-Z0-9_]+$|^UNKNOWN$/.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

/** libuv's, of what the kernel answers where a message of Node's names it: the size of a buffer. */
const MEANINGS: Record<string, string> = {
  EBADF: "bad file descriptor",
  EINVAL: "invalid argument",
  ENOBUFS: "no buffer space available",
  ENOMEM: "not enough memory",
  ENOPROTOOPT: "protocol not available",
  ENOTSOCK: "socket operation on non-socket",
  EPERM: "operation not permitted",
};
