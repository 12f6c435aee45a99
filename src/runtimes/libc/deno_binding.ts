/**
 * The system calls through `Deno.dlopen`. Nothing but `dlopen` itself is used: `Deno.UnsafePointer` and its kin want
 * --allow-ffi for everything, while dlopen accepts --allow-ffi=PATH (Deno 2.9.5). So memory is handed over as buffers,
 * and memcpy does what the pointer functions would: it reads errno, and answers the address of a buffer.
 */
import type { Absent, Binding, CallName, Calls, Parameter } from "./calls.ts";
import { type DenoFiles, librariesOf } from "./deno_libraries.ts";
import type { Layout } from "./layout.ts";
import { EACCES } from "./error_numbers.ts";
import { parametersOf } from "./variadic.ts";

type NativeType = "i32" | "u32" | "usize" | "buffer" | "pointer";
type Symbols = Record<string, { parameters: NativeType[]; result: NativeType }>;

type Functions = Record<string, (...values: unknown[]) => unknown>;

interface DenoFfi extends DenoFiles {
  dlopen(path: string, symbols: Symbols): { symbols: Functions };
}

const TYPES: Readonly<Record<Parameter, NativeType>> = {
  int: "i32",
  uint: "u32",
  size: "usize",
  pointer: "buffer",
  data: "buffer",
};

/** Opens the C library. It never prompts: what was not granted already is absent. */
export function denoBinding(layout: Layout, architecture: string, names: readonly CallName[]): Binding | Absent {
  const deno = (globalThis as { Deno?: DenoFfi }).Deno;
  if (typeof deno?.dlopen !== "function") return { absent: "this Deno has no FFI" };
  const isGranted = (path?: string): boolean =>
    deno.permissions.querySync(path === undefined ? { name: "ffi" } : { name: "ffi", path }).state === "granted";
  let failure = "";
  const openFirst = (paths: readonly string[]): Binding | undefined => {
    for (const path of paths) {
      try {
        return bind((symbols) => deno.dlopen(path, symbols).symbols, layout, architecture, names);
      } catch (error) {
        failure = String(error);
      }
    }
    return undefined;
  };
  // The bare name is the loader's to find, but a permission limited to it is checked as a file of the working folder.
  const byName = isGranted() ? openFirst([layout.library]) : undefined;
  if (byName !== undefined) return byName;
  const libraries = librariesOf(deno, layout, architecture);
  const byPath = openFirst(libraries.filter((path) => isGranted(path)));
  if (byPath !== undefined) return byPath;
  return failure === "" ? notPermitted(libraries) : { absent: `the C library could not be loaded: ${failure}` };
}

function notPermitted(libraries: readonly string[]): Absent {
  const known = libraries.length === 1;
  const remedy = known ? `--allow-ffi=${libraries[0]}` : "--allow-ffi";
  const enough = `=${libraries[0]} is enough, or the path of the C library that this process has, which is found by ` +
    "--allow-read for Deno's own program";
  return { absent: `needs ${remedy}${known ? "" : ` (${enough})`}`, remedy };
}

type Open = (symbols: Symbols) => Functions;

function bind(open: Open, layout: Layout, architecture: string, names: readonly CallName[]): Binding {
  const { errnoSymbol } = layout;
  const { [errnoSymbol]: locate, memcpy } = open({
    [errnoSymbol]: { parameters: [], result: "pointer" },
    memcpy: { parameters: ["buffer", "pointer", "usize"], result: "pointer" },
  });
  const { memcpy: addressOf } = open({ memcpy: { parameters: ["buffer", "buffer", "usize"], result: "usize" } });
  const number = new Int32Array(new ArrayBuffer(64));
  const bytes = new Uint8Array(number.buffer);
  // One thread runs this isolate for all its life, so the location does not change.
  const location = locate();
  const calls: Functions = {};
  let isDenied = false;
  const deny = (): number => {
    isDenied = true;
    return -1;
  };
  for (const name of names) calls[name] = lazyCall(open, calls, name, parametersOf(name, layout, architecture), deny);
  return {
    calls: calls as unknown as Calls,
    errno: () => {
      if (isDenied) {
        isDenied = false;
        return EACCES;
      }
      memcpy(bytes, location, 4n);
      return number[0];
    },
    pointer: (memory) => memory,
    address: (memory) => BigInt(addressOf(memory, memory, 0n) as number | bigint),
  };
}

// Deno compiles each symbol, for a quarter of a millisecond (2.9.5): so each waits for its first call.
function lazyCall(
  open: Open,
  calls: Functions,
  name: CallName,
  declared: readonly Parameter[],
  deny: () => number,
): Functions[string] {
  return (...values) => {
    const parameters = declared.map((parameter) => TYPES[parameter]);
    try {
      calls[name] = quick(name, open({ [name]: { parameters, result: "i32" } })[name]);
    } catch {
      // The permission was revoked since: a call that fails, and says why.
      return deny();
    }
    return calls[name](...values);
  };
}

// A number for a usize takes the slow way into the call, a bigint does not (Deno 2.9.5: 200 ns).
function quick(name: CallName, call: Functions[string]): Functions[string] {
  switch (name) {
    case "send":
      return (fd, data, size, flags) => call(fd, data, BigInt(size as number), flags);
    case "sendto":
      return (fd, data, size, flags, to, length) => call(fd, data, BigInt(size as number), flags, to, length);
    default:
      return call;
  }
}
