/** What is used of the system calls of a socket whose handle has them. */
import type { KernelCalls, KernelSocket } from "../core/backend.ts";
import type { StatefulSocket } from "../core/state.ts";
import { kState } from "../core/state.ts";

/** Memory as a call takes it. */
type Pointer = { readonly pointer: unique symbol };

/** The C library of a thread. */
export interface Libc extends KernelCalls {
  readonly layout: KernelCalls["layout"] & {
    readonly datagram: number;
    readonly dontWait: number;
    readonly descriptors: { readonly duplicate: number; readonly socketFlags: number };
    readonly linux: { readonly unix: number } | null;
  };
  readonly calls: KernelCalls["calls"] & {
    socket(domain: number, type: number, protocol: number): number;
    bind(fd: number, name: Pointer, length: number): number;
    sendmmsg(fd: number, messages: Pointer, count: number, flags: number): number;
    recvmsg(fd: number, message: Pointer, flags: number): number;
    fcntl(fd: number, command: number, value: number): number;
  };
  readonly binding: { pointer(memory: Uint8Array): Pointer; address(memory: Uint8Array): bigint };
  /** The socket's own number, where the kernel has one. */
  cookie(fd: number): bigint | null;
  close(fd: number): number;
  /** The errno of the call that just failed, negative. */
  failure(): number;
}

/** A socket with its descriptor, and the calls for it. */
export interface KernelEnd extends KernelSocket {
  readonly libc: Libc;
}

/** The socket as libc has it, where it does. */
export function kernelOf(socket: StatefulSocket): KernelEnd | null {
  const kernel = socket[kState].handle?.kernel;
  return kernel?.libc !== undefined && kernel.fd >= 0 ? kernel as KernelEnd : null;
}

/** Another descriptor of the same socket, or an errno. */
export function duplicate({ libc, fd }: KernelEnd): number {
  const other = libc.calls.fcntl(fd, libc.layout.descriptors.duplicate, 0);
  return other < 0 ? libc.failure() : other;
}
