/**
 * The system calls that this module makes, once, in words of C. A binding gives them through one runtime's FFI.
 */

/** A C parameter. `data` is a caller's bytes, handed over as they are; `pointer` is memory of this module's own. */
export type Parameter = "int" | "uint" | "size" | "pointer" | "data";

/** Each call's parameters. All answer an int: lengths stay far below 2^31. */
export const SIGNATURES = {
  socket: ["int", "int", "int"],
  socketpair: ["int", "int", "int", "pointer"],
  bind: ["int", "pointer", "uint"],
  connect: ["int", "pointer", "uint"],
  close: ["int"],
  dup2: ["int", "int"],
  epoll_create1: ["int"],
  epoll_ctl: ["int", "int", "int", "pointer"],
  getsockname: ["int", "pointer", "pointer"],
  getpeername: ["int", "pointer", "pointer"],
  getsockopt: ["int", "int", "int", "pointer", "pointer"],
  setsockopt: ["int", "int", "int", "pointer", "uint"],
  send: ["int", "data", "size", "int"],
  sendto: ["int", "data", "size", "int", "pointer", "uint"],
  sendmmsg: ["int", "pointer", "uint", "int"],
  syscall: ["size", "int", "pointer", "uint", "int"],
  recvmsg: ["int", "pointer", "int"],
  recvmmsg: ["int", "pointer", "uint", "int", "pointer"],
  fcntl: ["int", "int", "int"],
  isatty: ["int"],
  lseek: ["int", "size", "int"],
  if_nametoindex: ["pointer"],
  if_indextoname: ["uint", "pointer"],
} as const;

/** The name of a system call. */
export type CallName = keyof typeof SIGNATURES;

/** What a call takes for a pointer: an address as a number (Bun) or a bigint (Node), or the memory itself (Deno). */
export type Pointer = number | bigint | Uint8Array | null;

interface ArgumentOf {
  readonly int: number;
  readonly uint: number;
  readonly size: number;
  readonly pointer: Pointer;
  readonly data: Uint8Array;
}

type Arguments<P extends readonly Parameter[]> = { -readonly [I in keyof P]: ArgumentOf[P[I]] };

/** The calls as functions. A failed one answers -1; `Binding.errno` then tells why. */
export type Calls = { readonly [N in CallName]: (...values: Arguments<(typeof SIGNATURES)[N]>) => number };

/** One runtime's way to the system calls. */
export interface Binding {
  readonly calls: Calls;
  /** The errno of the call that just failed. */
  errno(): number;
  /** What the calls take as a pointer to this memory. The caller keeps the memory alive. */
  pointer(memory: Uint8Array): Pointer;
  /** The memory's address, for a struct that holds a pointer. */
  address(memory: Uint8Array): bigint;
}

/** Why there are no system calls here. It ends as a capability's note. */
export interface Absent {
  readonly absent: string;
  /** The flag that would bring them. */
  readonly remedy?: string;
  /** True if that may be otherwise when it is asked again. */
  readonly passing?: boolean;
}
