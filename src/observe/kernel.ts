/** What the kernel tells of one socket: by a system call, by /proc, or by a backend that is a kernel itself. */
import type { AddressInfo, Handle } from "../core/backend.ts";
import type { KernelSocket } from "../core/kernel_socket.ts";
import { getProcess } from "../core/process.ts";
import { procSockets } from "./proc.ts";
import type { KernelStats } from "./types.ts";

/** The numbers, and why others are not there. */
export interface KernelReading {
  readonly stats: KernelStats;
  readonly missing: Readonly<Record<string, string>>;
}

/** SOL_SOCKET and SO_MEMINFO of Linux, on x64 and on arm64; and how many bytes it tells since 4.12. */
const LEVEL = 1;
const MEMINFO = 55;
const MEMINFO_SIZE = 36;

/** Without what takes longer than a system call, where `fast`. */
export function readKernel(handle: Handle, fast = false): KernelReading | undefined {
  const kernel = handle.kernel ?? undefined;
  if (kernel?.memory !== undefined) {
    const { used, size, drops } = kernel.memory();
    const missing = { "kernel.sendBuffer": "a network in memory has none" };
    return { stats: { dropped: drops, receiveBuffer: { used, size }, sendBuffer: undefined }, missing };
  }
  return (kernel && ask(kernel)) ?? (fast ? undefined : lookUp(handle.address()));
}

/** What SO_MEMINFO tells; undefined where it does not. */
function ask(kernel: KernelSocket): KernelReading | undefined {
  const { libc } = kernel;
  if (libc?.layout.name !== "linux" || !kernel.isOurs()) return undefined;
  const { calls, name, request } = libc;
  // The length stands where names do, of which none is needed now.
  name.view.setUint32(0, MEMINFO_SIZE, true);
  const result = calls.getsockopt(kernel.fd, LEVEL, MEMINFO, request.pointer as never, name.pointer as never);
  if (result < 0 || name.view.getUint32(0, true) < MEMINFO_SIZE) return undefined;
  const word = (at: number): number => request.view.getUint32(4 * at, true);
  const stats = {
    dropped: word(8),
    receiveBuffer: { used: word(0), size: word(1) },
    sendBuffer: { used: word(2), size: word(3) },
  };
  return { stats, missing: {} };
}

function lookUp(address: AddressInfo | number): KernelReading {
  const { platform } = getProcess();
  if (platform !== "linux") return nothing(`${platform} does not tell it of a socket`);
  const buffers = "needs system calls through FFI";
  if (typeof address === "number") return nothing("its address is not known");
  const all = procSockets(address.family === "IPv6" ? "IPv6" : "IPv4");
  if (all === undefined) {
    return nothing(
      `${buffers}, or /proc/net/udp, which is not there or may not be read (on Deno it takes --allow-all)`,
    );
  }
  const text = address.address.split("%")[0];
  const [own, ...others] = all.filter((each) => each.port === address.port && each.address === text);
  if (own === undefined) return nothing("/proc/net/udp does not have it");
  if (others.length > 0) {
    return nothing("several sockets have its address and port, and /proc/net/udp does not tell which is which");
  }
  return {
    stats: { dropped: own.drops, receiveBuffer: undefined, sendBuffer: undefined },
    missing: { "kernel.receiveBuffer": buffers, "kernel.sendBuffer": buffers },
  };
}

/** Nothing is known, for one reason. */
export function nothing(why: string): KernelReading {
  const keys = ["dropped", "receiveBuffer", "sendBuffer"] as const;
  return {
    stats: { dropped: undefined, receiveBuffer: undefined, sendBuffer: undefined },
    missing: Object.fromEntries(keys.map((key) => [`kernel.${key}`, why])),
  };
}
