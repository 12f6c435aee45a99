/**
 * Has this process take itself for a Mac: `process.platform`, the names of errnos and of the loopback interface, and the C library that the runtime's FFI
 * opens, which is a double of macOS's. To be imported before anything asks for these. DGRAM_TEST_ARCH says which Mac; DGRAM_TEST_UNSEEN=fcntl has
 * the arguments of fcntl be lost.
 */
import process from "node:process";
import { bunBinding } from "../../../src/runtimes/libc/bun_binding.ts";
import type { Absent, Binding, CallName, Pointer } from "../../../src/runtimes/libc/calls.ts";
import { SIGNATURES } from "../../../src/runtimes/libc/calls.ts";
import { denoBinding } from "../../../src/runtimes/libc/deno_binding.ts";
import { LINUX } from "../../../src/runtimes/libc/linux.ts";
import { nodeBinding } from "../../../src/runtimes/libc/node_binding.ts";
import { runtime } from "../../support/child.ts";
import { nameErrnos } from "./errnos.ts";
import { nameInterfaces } from "./interface_names.ts";
import { allocate, slice } from "../../../src/runtimes/libc/memory.ts";
import { macosCalls, MOST_DESCRIPTORS, type Native, type Used } from "./system_calls.ts";

type Function = (...values: never[]) => unknown;
/** What each runtime says of a function: the types of its parameters in its own words. */
type Declared = Record<string, { parameters?: string[]; args?: string[]; arguments?: string[] }>;
type Functions = Record<string, Function>;

interface BunFfi {
  dlopen: Function;
  ptr(memory: Uint8Array): number;
  toArrayBuffer(pointer: number, offset: number, length: number): ArrayBuffer;
}

interface NodeFfi {
  dlopen: Function;
  getRawPointer(memory: ArrayBufferLike): bigint;
  toArrayBuffer(pointer: bigint, length: number, copy: boolean): ArrayBuffer;
}

const LIBRARY = "/usr/lib/libSystem.B.dylib";
/** Eight arguments are in registers there, and variadic ones never are. */
const ON_STACK = 8;
const WIDE = /^(?:usize|u64|uint64)$/;

const { arch } = process;
/** Which Mac this process takes itself for. Used by who imports this for its effect alone, which a bundler would leave out. */
export const pretended: string = process.env.DGRAM_TEST_ARCH ?? "arm64";
const errno = new Int32Array(new ArrayBuffer(128));
const errnoBytes = new Uint8Array(errno.buffer);
let native: Native;

function linux(open: (architecture: string, names: readonly CallName[]) => Binding | Absent): Binding {
  const binding = open(arch, Object.keys(SIGNATURES) as CallName[]);
  if ("absent" in binding) throw new Error(binding.absent);
  return binding;
}

/** fcntl as the C library of that Mac finds its arguments: what was given for a register is not its third. */
function fcntlOf(declared: readonly string[], fcntl: Function): Function {
  if (pretended !== "arm64") return fcntl;
  if (process.env.DGRAM_TEST_UNSEEN === "fcntl" || !WIDE.test(declared[ON_STACK] ?? "")) {
    return ((fd: never, command: never) => fcntl(fd, command, 0 as never)) as Function;
  }
  return (...values: never[]) => fcntl(values[0], values[1], Number(values[ON_STACK]) as never);
}

/** The functions of the double that are asked for, by their names. */
function choose(calls: Functions, symbols: Declared): Functions {
  return Object.fromEntries(
    Object.entries(symbols).map(([name, { parameters, args, arguments: others }]) => {
      const call = calls[name];
      if (call === undefined) throw new Error(`macOS's C library has no ${name}`);
      return [name, name === "fcntl" ? fcntlOf(parameters ?? args ?? others ?? [], call) : call];
    }),
  );
}

function pretendOnDeno(): Used {
  const { Deno } = globalThis as unknown as { Deno: { dlopen: (path: string, symbols: Declared) => unknown } };
  const { dlopen } = Deno;
  const binding = linux((architecture, names) => denoBinding(LINUX, architecture, names));
  const bytes = (pointer: Pointer, size: number): Uint8Array => (pointer as Uint8Array).subarray(0, size);
  native = { binding, bytes };
  const { calls, used } = macosCalls(native, errno);
  const place = {};
  const memcpy = (to: Uint8Array, from: unknown): unknown =>
    from === place ? to.set(errnoBytes.subarray(0, 4)) : binding.address(from as Uint8Array);
  const library = { ...calls, __error: () => place, memcpy } as unknown as Functions;
  Object.defineProperty(Deno, "dlopen", {
    value: (path: string, symbols: Declared) =>
      path === LIBRARY ? { symbols: choose(library, symbols) } : dlopen(path, symbols),
  });
  return used;
}

function pretendByBuiltin<Ffi extends { dlopen: Function }>(
  name: string,
  result: "symbols" | "functions",
  open: (ffi: Ffi) => Native,
  place: (ffi: Ffi) => unknown,
): Used {
  const { getBuiltinModule } = process;
  const ffi = getBuiltinModule(name) as unknown as Ffi;
  native = open(ffi);
  const { calls, used } = macosCalls(native, errno);
  const library = { ...calls, __error: () => place(ffi) } as unknown as Functions;
  const double = Object.create(ffi as object, {
    dlopen: {
      value: (path: string | null, symbols: Declared) => {
        if (path !== null && path !== LIBRARY) throw new Error(`there is no ${path} on macOS`);
        return { [result]: choose(library, symbols) };
      },
    },
  });
  Object.defineProperty(process, "getBuiltinModule", {
    configurable: true,
    value: (other: string) => other === name ? double : getBuiltinModule(other),
  });
  return used;
}

function pretendLibc(): Used {
  switch (runtime) {
    case "deno":
      return pretendOnDeno();
    case "bun":
      return pretendByBuiltin<BunFfi>("bun:ffi", "symbols", (ffi) => ({
        binding: linux((architecture, names) => bunBinding(LINUX, architecture, names)),
        bytes: (pointer, size) => new Uint8Array(ffi.toArrayBuffer(pointer as number, 0, size)),
      }), (ffi) => ffi.ptr(errnoBytes));
    default:
      return pretendByBuiltin<NodeFfi>("node:ffi", "functions", (ffi) => ({
        binding: linux((architecture, names) => nodeBinding(LINUX, architecture, names)),
        bytes: (pointer, size) => new Uint8Array(ffi.toArrayBuffer(pointer as bigint, size, false)),
      }), (ffi) => ffi.getRawPointer(errno.buffer));
  }
}

/** What the module asked of macOS's C library. */
export const used: Used = pretendLibc();

/** A socket as Linux's kernel has it. */
export interface LinuxOptions {
  readonly [option: string]: number | boolean;
}

const LINUX_OPTIONS = { ...LINUX.options, multicastInterface: [0, 32, 41, 17] } as const;

/** The options of this process's socket with that port. */
export function linuxOptions(port: number): LinuxOptions {
  const { calls } = native.binding;
  const block = allocate(native.binding, 256);
  const [value, length] = [slice(native.binding, block.bytes, 128, 64), slice(native.binding, block.bytes, 192, 4)];
  for (let fd = 0; fd < MOST_DESCRIPTORS; fd++) {
    length.view.setUint32(0, 128, true);
    const { bytes } = block;
    if (calls.getsockname(fd, block.pointer, length.pointer) < 0 || bytes[2] << 8 !== (port & 0xff00)) continue;
    if (bytes[3] !== (port & 0xff)) continue;
    const at = bytes[0] === LINUX.inet ? 0 : 2;
    const found: Record<string, number | boolean> = { closedOnExec: calls.fcntl(fd, 1, 0) === 1 };
    for (const [option, numbers] of Object.entries(LINUX_OPTIONS)) {
      length.view.setUint32(0, 4, true);
      if (calls.getsockopt(fd, numbers[at], numbers[at + 1], value.pointer, length.pointer) < 0) continue;
      found[option] = value.view.getInt32(0, true);
    }
    return found;
  }
  throw new Error(`no socket here has the port ${port}`);
}

Object.defineProperty(process, "platform", { configurable: true, value: "darwin" });
Object.defineProperty(process, "arch", { configurable: true, value: pretended });
nameErrnos();
nameInterfaces();
