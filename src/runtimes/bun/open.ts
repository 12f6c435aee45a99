import type { Family } from "../../core/backend.ts";
import { isIPv6 } from "../../core/ip.ts";
import { BUN_FLAGS, type BunNamespace, type BunSocket, type BunSocketOptions } from "./types.ts";
import { DescriptorSearch, type Evidence } from "../libc/descriptor_search.ts";
import type { Libc } from "../libc/libc.ts";
import { openSocket } from "../libc/open_socket.ts";

/** What the runtime has of UDP sockets. */
export interface BunSockets {
  readonly bun: BunNamespace;
  readonly libc: Libc | null;
  /** See `adoptsDescriptors`. */
  readonly adopts: boolean;
  /** True if libc connects the sockets, which stay Bun's. */
  readonly connects: boolean;
}

/** No process has so many descriptors. */
const NEVER_OPEN = 0x7fff_ffff;
const LOOPBACK = "127.0.0.1";

/** A new socket with its descriptor: -1 where it is not known. Throws what `errnoOf` reads. */
export function openBunSocket({ bun, libc, adopts }: BunSockets, options: BunSocketOptions): BunSocket {
  const open = (): BunSocket => bun.peek(bun.udpSocket(options));
  if (adopts) return open();
  const alone = libc !== null && isToBeAlone(options);
  if (alone) refuseTaken(libc, options);
  const search = libc && new DescriptorSearch(libc);
  const socket = open();
  withDescriptor(socket, search, { setMulticastTTL: (value) => void socket.setMulticastTTL(value) });
  if (alone) libc.setOption(socket.fd, ...libc.layout.options.reuseAddr!.slice(0, 2) as [number, number], 0);
  return socket;
}

/** Puts a socket's descriptor to where Bun before 1.4.0 does not have it. */
export function withDescriptor(socket: BunSocket, search: DescriptorSearch | null, evidence?: Evidence): BunSocket {
  // Not what somebody has put on every object.
  if (Object.hasOwn(Object.getPrototypeOf(socket), "fd")) return socket;
  return Object.defineProperty(socket, "fd", { value: search?.find(socket.address, evidence)?.fd ?? -1 });
}

/** True if Bun makes a socket of a descriptor; before 1.4.0 it overlooks that it was given one, and opens another. */
export function adoptsDescriptors(bun: BunNamespace): boolean {
  try {
    bun.peek(bun.udpSocket({ hostname: LOOPBACK, fd: NEVER_OPEN, socket: {} })).close();
    return false;
  } catch (error) {
    // An older one may have failed to open another.
    return (error as { code?: string }).code === "EBADF";
  }
}

/** True if Bun has the kernel tell a socket of ICMP errors; up to 1.3.0 it does not. */
export function hearsOfIcmpErrors(bun: BunNamespace): boolean {
  const open = (): BunSocket => bun.peek(bun.udpSocket({ hostname: LOOPBACK, port: 0, socket: {} }));
  let socket: BunSocket | undefined;
  try {
    const gone = open();
    const { port } = gone;
    gone.close();
    socket = open();
    // The second is told of the first.
    for (let i = 0; i < 2; i++) socket.send(new Uint8Array(1), port, LOOPBACK);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === "ECONNREFUSED";
  } finally {
    socket?.close();
  }
}

function isToBeAlone({ port = 0, flags = 0 }: BunSocketOptions): boolean {
  return port > 0 && (flags & (BUN_FLAGS.reuseAddr | BUN_FLAGS.reusePort)) === 0;
}

/** Up to 1.3.0 Bun binds to a port that was asked for with SO_REUSEADDR, beside others that have it. */
function refuseTaken(libc: Libc, { hostname = "", port = 0, flags = 0 }: BunSocketOptions): void {
  const family: Family = isIPv6(hostname) ? 6 : 4;
  const ipv6Only = (flags & BUN_FLAGS.ipv6Only) !== 0;
  const fd = openSocket(libc, { family, address: hostname, port, ipv6Only });
  if (fd < 0) throw new Error(`(os error ${-fd})`);
  libc.close(fd);
}
