/** What the kernel tells of one socket: by a system call, by /proc, or by a backend that is a kernel itself. */
import type { AddressInfo, Handle } from "../core/backend.ts";
import { getProcess } from "../core/process.ts";
import { socketMemory } from "../core/socket_memory.ts";
import { type ProcSocket, procSockets } from "./proc.ts";
import type { BufferUse, KernelStats } from "./types.ts";

/** The numbers, and why others are not there. */
export interface KernelReading {
  readonly stats: KernelStats;
  readonly missing: Readonly<Record<string, string>>;
}

/** So often /proc is read for a socket that it does not have. */
const READS = 8;

const NO_BUFFER: BufferUse = { used: 0, size: 0 };

/** Of a socket that the kernel does not know yet, or never did. */
export const NO_KERNEL: KernelReading = {
  stats: { dropped: 0, receiveBuffer: NO_BUFFER, sendBuffer: NO_BUFFER },
  missing: {},
};

/** What it tells now. */
export function readKernel(handle: Handle): KernelReading {
  return readFast(handle) ?? lookUp(handle.address());
}

/** What stays true of one that is about to be closed, and takes no longer than a system call. */
export function lastOfKernel(handle: Handle): KernelReading {
  const reading = readFast(handle);
  if (reading === undefined) return nothing("the socket is closed");
  const { stats: { dropped, receiveBuffer, sendBuffer }, missing } = reading;
  const gone = (buffer: BufferUse | undefined): BufferUse | undefined => buffer && NO_BUFFER;
  return { stats: { dropped, receiveBuffer: gone(receiveBuffer), sendBuffer: gone(sendBuffer) }, missing };
}

function readFast(handle: Handle): KernelReading | undefined {
  const kernel = handle.kernel ?? undefined;
  if (kernel?.memory !== undefined) {
    const { used, size, drops } = kernel.memory();
    const missing = { "kernel.sendBuffer": "a network in memory has none" };
    return { stats: { dropped: drops, receiveBuffer: { used, size }, sendBuffer: undefined }, missing };
  }
  const stats = kernel && socketMemory(kernel);
  return stats && { stats, missing: {} };
}

function lookUp(address: AddressInfo | number): KernelReading {
  const { platform } = getProcess();
  if (platform !== "linux") return nothing(`${platform} does not tell it of a socket`);
  const buffers = "needs system calls through FFI";
  if (typeof address === "number") return nothing("its address is not known");
  const found = inProc(address);
  if (found === undefined) {
    return nothing(
      `${buffers}, or /proc/net/udp, which is not there or may not be read (on Deno it takes --allow-all)`,
    );
  }
  const [own, ...others] = found;
  if (own === undefined) return nothing("/proc/net/udp does not have it");
  if (others.length > 0) {
    return nothing("several sockets have its address and port, and /proc/net/udp does not tell which is which");
  }
  return {
    stats: { dropped: own.drops, receiveBuffer: undefined, sendBuffer: undefined },
    missing: { "kernel.receiveBuffer": buffers, "kernel.sendBuffer": buffers },
  };
}

/** The sockets at an address; undefined where they can't be read. */
function inProc({ address, family, port }: AddressInfo): ProcSocket[] | undefined {
  const text = address.split("%")[0];
  let found: ProcSocket[] | undefined;
  // While others close their sockets the kernel leaves one out now and then, since it counts how many it has told.
  for (let reads = 0; reads < READS; reads++) {
    const all = procSockets(family === "IPv6" ? "IPv6" : "IPv4");
    found = all?.filter((each) => each.port === port && each.address === text);
    if (found?.length !== 0) break;
  }
  return found;
}

/** Nothing is known, for one reason. */
function nothing(why: string): KernelReading {
  const keys = ["dropped", "receiveBuffer", "sendBuffer"] as const;
  return {
    stats: { dropped: undefined, receiveBuffer: undefined, sendBuffer: undefined },
    missing: Object.fromEntries(keys.map((key) => [`kernel.${key}`, why])),
  };
}
