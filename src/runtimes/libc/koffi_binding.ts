/**
 * The system calls through koffi (npm), an optional peer: for Node before 26, which has no `node:ffi`.
 */
import { builtin } from "../../core/builtins.ts";
import type { Absent, Binding, CallName, Calls, Parameter } from "./calls.ts";
import type { Layout } from "./layout.ts";
import { parametersOf } from "./variadic.ts";

interface Koffi {
  load(path: null): { func(name: string, result: string, parameters: string[]): (...values: unknown[]) => number };
  errno(): number;
  address(memory: Uint8Array): bigint;
  readonly version?: string;
}

/** What is used of it; those before 3.0 answer something else, or lack one. */
const USED = ["load", "errno", "address"] as const;

const TYPES: Readonly<Record<Parameter, string>> = {
  int: "int",
  uint: "uint",
  size: "size_t",
  pointer: "void *",
  data: "void *",
};

/** Looks the calls up in the C library that the process has loaded already. @param here a file's path or URL, for `require` */
export function koffiBinding(
  layout: Layout,
  architecture: string,
  names: readonly CallName[],
  here: string | undefined,
): Binding | Absent {
  if (here === undefined) return { absent: "the package koffi can't be looked for from here" };
  let koffi: Koffi;
  try {
    koffi = builtin("module").createRequire(here)("koffi") as Koffi;
  } catch (error) {
    if (isMissing(error)) return { absent: NOT_INSTALLED };
    return { absent: `the package koffi does not work: ${firstLine(error)}`, passing: isShortage(error) };
  }
  const missing = USED.find((name) => typeof koffi?.[name] !== "function");
  if (missing !== undefined) return { absent: `the package koffi ${koffi?.version ?? ""} has no ${missing}()` };
  try {
    const library = koffi.load(null);
    const calls = Object.fromEntries(names.map((name) => [
      name,
      library.func(name, "int", parametersOf(name, layout, architecture).map((parameter) => TYPES[parameter])),
    ]));
    const address = (memory: Uint8Array): bigint => koffi.address(memory);
    if (!tellsAddresses(koffi)) {
      return { absent: `the package koffi ${koffi.version} knows no addresses; 3.0 does` };
    }
    return { calls: calls as unknown as Calls, errno: () => koffi.errno(), pointer: address, address };
  } catch (error) {
    return { absent: `the package koffi ${koffi.version} does not work: ${firstLine(error)}` };
  }
}

/** Those before 3.0 throw for memory, or answer a number. */
function tellsAddresses(koffi: Koffi): boolean {
  try {
    return typeof koffi.address(new Uint8Array(new ArrayBuffer(128))) === "bigint";
  } catch {
    return false;
  }
}

const NOT_INSTALLED = "the package koffi is not installed, which would bring it";

/** True if it is koffi itself that is not there, and not something that it needs. */
function isMissing(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === "MODULE_NOT_FOUND" && String(message).startsWith("Cannot find module 'koffi'");
}

/** Node 24 says so in words alone. */
function isShortage(error: unknown): boolean {
  return /\b(EMFILE|ENFILE|ENOMEM)\b|too many open files/i.test(`${(error as { code?: unknown }).code} ${error}`);
}

function firstLine(error: unknown): string {
  return String(error).split("\n", 1)[0];
}
