/**
 * The system calls through `node:ffi`, where Node has it (26). It is experimental there and warns at first use, so this
 * is only for who asked for it.
 */
import { getProcess } from "../../core/process.ts";
import type { Absent, Binding, CallName, Calls, Parameter } from "./calls.ts";
import type { Layout } from "./layout.ts";
import { parametersOf } from "./variadic.ts";

type NativeType = "int32" | "uint32" | "uint64" | "pointer" | "buffer";
type Symbols = Record<string, { arguments: NativeType[]; return: NativeType }>;
type Functions = Record<string, (...values: unknown[]) => unknown>;

interface NodeFfi {
  dlopen(path: string | null, symbols: Symbols): { functions: Functions };
  getRawPointer(memory: ArrayBufferLike): bigint;
  toArrayBuffer(pointer: bigint, length: number, copy: boolean): ArrayBuffer;
}

const TYPES: Readonly<Record<Parameter, NativeType>> = {
  int: "int32",
  uint: "uint32",
  size: "uint64",
  pointer: "pointer",
  data: "buffer",
};

/** A user's array may have properties of its own of these names: what they say would be where the kernel reads. */
const bufferOf = getterOfArrays("buffer");
const offsetOf = getterOfArrays("byteOffset");

function getterOfArrays(name: string): (this: Uint8Array) => unknown {
  return Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), name)!.get!;
}

/** Looks the calls up in the C library that the process has loaded already. */
export function nodeBinding(layout: Layout, architecture: string, names: readonly CallName[]): Binding | Absent {
  const ffi = getProcess().getBuiltinModule?.("node:ffi") as NodeFfi | undefined;
  if (typeof ffi?.dlopen !== "function") return { absent: "this Node has no node:ffi" };
  const symbols: Symbols = { [layout.errnoSymbol]: { arguments: [], return: "pointer" } };
  const parameters = (name: CallName): readonly Parameter[] => parametersOf(name, layout, architecture);
  for (const name of names) symbols[name] = { arguments: parameters(name).map((p) => TYPES[p]), return: "int32" };
  try {
    const library = ffi.dlopen(null, symbols).functions;
    const number = new Int32Array(ffi.toArrayBuffer(library[layout.errnoSymbol]() as bigint, 4, false));
    const address = (memory: Uint8Array): bigint =>
      ffi.getRawPointer(bufferOf.call(memory) as ArrayBufferLike) + BigInt(offsetOf.call(memory) as number);
    return { calls: withBigSizes(library, names, parameters), errno: () => number[0], pointer: address, address };
  } catch (error) {
    return { absent: `the C library could not be loaded: ${error}` };
  }
}

// A uint64 must be a bigint on Node 26.10.
function withBigSizes(
  library: Functions,
  names: readonly CallName[],
  parameters: (name: CallName) => readonly Parameter[],
): Calls {
  const calls: Functions = { ...library };
  for (const name of names) {
    const at = parameters(name).indexOf("size");
    const call = library[name];
    if (at < 0) continue;
    calls[name] = (...values: unknown[]) => {
      values[at] = BigInt(values[at] as number);
      return call(...values);
    };
  }
  return calls as unknown as Calls;
}
