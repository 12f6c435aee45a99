/**
 * The system calls through `node:ffi`, where Node has it (26). It is experimental there and warns at first use, so this
 * is only for who asked for it.
 */
import { getProcess } from "../../core/process.ts";
import type { Absent, Binding, CallName, Calls, Parameter, Pointer } from "./calls.ts";
import type { Layout } from "./layout.ts";
import { addressOf, allocate } from "./memory.ts";
import { HEADER_WORDS, IOVEC_WORDS, NAME_LENGTH, writeLong } from "./message_header.ts";
import { parametersOf } from "./variadic.ts";

type NativeType = "int32" | "uint32" | "uint64" | "pointer" | "buffer";
type Symbols = Record<string, { arguments: NativeType[]; return: NativeType }>;
type Functions = Record<string, (...values: unknown[]) => unknown>;
type SendMessage = (fd: number, header: Pointer, flags: number) => number;

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

/** Where a header has its vectors, and how many. */
const VECTORS = 4;
const VECTOR_COUNT = 6;
/** Up to so many bytes a copy costs less than the other way. */
const COPIED = 4096;

/** A user's array may have properties of its own of these names: what they say would be where the kernel reads. */
const bufferOf = getterOfArrays("buffer");
const offsetOf = getterOfArrays("byteOffset");

function getterOfArrays(name: string): (this: Uint8Array) => unknown {
  return Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), name)!.get!;
}

/** Looks the calls up in the C library that the process has loaded already. */
export function nodeBinding(layout: Layout, architecture: string, names: readonly CallName[]): Binding | Absent {
  const symbols: Symbols = { [layout.errnoSymbol]: { arguments: [], return: "pointer" } };
  const parameters = (name: CallName): readonly Parameter[] => parametersOf(name, layout, architecture);
  if (layout.linux !== null) symbols.sendmsg = { arguments: ["int32", "pointer", "int32"], return: "int32" };
  for (const name of names) symbols[name] = { arguments: parameters(name).map((p) => TYPES[p]), return: "int32" };
  try {
    // Node warns as it loads it, by what a program may have replaced.
    const ffi = getProcess().getBuiltinModule?.("node:ffi") as NodeFfi | undefined;
    if (typeof ffi?.dlopen !== "function") return { absent: "this Node has no node:ffi" };
    const library = ffi.dlopen(null, symbols).functions;
    const number = new Int32Array(ffi.toArrayBuffer(library[layout.errnoSymbol]() as bigint, 4, false));
    const address = (memory: Uint8Array): bigint =>
      ffi.getRawPointer(bufferOf.call(memory) as ArrayBufferLike) + BigInt(offsetOf.call(memory) as number);
    const calls = withBigSizes(library, names, parameters);
    const binding = { calls, errno: () => number[0], pointer: address, address };
    return layout.linux === null
      ? binding
      : { ...binding, calls: withShortSends(binding, library.sendmsg as SendMessage) };
  } catch (error) {
    return { absent: `the C library could not be loaded: ${error}` };
  }
}

/**
 * Has what sends one datagram be sendmsg, from memory that is set up once: a call of more than three parameters, or with
 * a buffer, takes Node 26.12 a way that costs 1.3 µs more than this one.
 */
function withShortSends(binding: Binding, sendmsg: SendMessage): Calls {
  const { calls } = binding;
  const block = allocate(binding, (HEADER_WORDS + IOVEC_WORDS) * 4 + COPIED);
  const words = new Int32Array(block.bytes.buffer, 0, HEADER_WORDS + IOVEC_WORDS);
  const bytes = block.bytes.subarray(words.byteLength);
  const start = addressOf(binding, block.bytes);
  writeLong(words, VECTORS, start + HEADER_WORDS * 4);
  words[VECTOR_COUNT] = 1;
  writeLong(words, HEADER_WORDS, start + words.byteLength);
  const name = new BigUint64Array(block.bytes.buffer, 0, 1);
  const sendFrom = (fd: number, data: Uint8Array, size: number, flags: number, to: Pointer, length: number): number => {
    bytes.set(data);
    words[HEADER_WORDS + 2] = size;
    name[0] = to as bigint;
    words[NAME_LENGTH] = length;
    return sendmsg(fd, block.pointer, flags);
  };
  return {
    ...calls,
    send: (fd, data, size, flags) =>
      size <= COPIED ? sendFrom(fd, data, size, flags, 0n, 0) : calls.send(fd, data, size, flags),
    sendto: (fd, data, size, flags, to, length) =>
      size <= COPIED ? sendFrom(fd, data, size, flags, to, length) : calls.sendto(fd, data, size, flags, to, length),
  };
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
