import type { KernelSocket } from "./kernel_socket.ts";

/** SOL_SOCKET and SO_MEMINFO of Linux, on x64 and on arm64; and how many bytes it tells since 4.12. */
const LEVEL = 1;
const MEMINFO = 55;
const SIZE = 36;

/** What a socket's datagrams take of its buffers: bytes; and how many found no room. */
export interface SocketMemory {
  readonly receiveBuffer: { readonly used: number; readonly size: number };
  readonly sendBuffer: { readonly used: number; readonly size: number };
  readonly dropped: number;
}

/** What the kernel tells of a socket's memory; undefined where it does not. */
export function socketMemory(kernel: KernelSocket): SocketMemory | undefined {
  const { libc } = kernel;
  if (libc?.layout.name !== "linux" || !kernel.isOurs()) return undefined;
  const { calls, name, request } = libc;
  // The length stands where names do, of which none is needed now.
  name.view.setUint32(0, SIZE, true);
  const result = calls.getsockopt(kernel.fd, LEVEL, MEMINFO, request.pointer as never, name.pointer as never);
  if (result < 0 || name.view.getUint32(0, true) < SIZE) return undefined;
  const word = (at: number): number => request.view.getUint32(4 * at, true);
  return {
    receiveBuffer: { used: word(0), size: word(1) },
    sendBuffer: { used: word(2), size: word(3) },
    dropped: word(8),
  };
}

/** True if nothing waits to be received; false where the kernel does not tell. */
export function hasEmptyQueue(kernel: KernelSocket): boolean {
  return socketMemory(kernel)?.receiveBuffer.used === 0;
}
