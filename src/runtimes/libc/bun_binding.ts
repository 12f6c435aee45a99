/**
 * The system calls through `bun:ffi`, which needs no permission.
 */
import { getProcess } from "../../core/process.ts";
import type { Absent, Binding, CallName, Calls, Parameter } from "./calls.ts";
import type { Layout } from "./layout.ts";
import { parametersOf } from "./variadic.ts";

type NativeType = "i32" | "u32" | "usize" | "ptr";
type Symbols = Record<string, { args: NativeType[]; returns: NativeType }>;

interface BunFfi {
  dlopen(name: string, symbols: Symbols): { symbols: Record<string, (...values: unknown[]) => unknown> };
  ptr(memory: Uint8Array): number;
  toArrayBuffer(pointer: number, offset: number, length: number): ArrayBuffer;
}

const TYPES: Readonly<Record<Parameter, NativeType>> = {
  int: "i32",
  uint: "u32",
  size: "usize",
  pointer: "ptr",
  data: "ptr",
};

/** Opens the C library. */
export function bunBinding(layout: Layout, architecture: string, names: readonly CallName[]): Binding | Absent {
  // An import of "bun:ffi" would break every other runtime and every bundler; this answers in the same call.
  const ffi = getProcess().getBuiltinModule?.("bun:ffi") as BunFfi | undefined;
  if (typeof ffi?.dlopen !== "function") return { absent: "this Bun has no bun:ffi" };
  const symbols: Symbols = { [layout.errnoSymbol]: { args: [], returns: "ptr" } };
  for (const name of names) {
    symbols[name] = { args: parametersOf(name, layout, architecture).map((p) => TYPES[p]), returns: "i32" };
  }
  try {
    const library = ffi.dlopen(layout.library, symbols).symbols;
    const number = new Int32Array(ffi.toArrayBuffer(library[layout.errnoSymbol]() as number, 0, 4));
    return {
      calls: library as unknown as Calls,
      errno: () => number[0],
      pointer: (memory) => ffi.ptr(memory),
      address: (memory) => BigInt(ffi.ptr(memory)),
    };
  } catch (error) {
    return { absent: `the C library could not be loaded: ${error}` };
  }
}
