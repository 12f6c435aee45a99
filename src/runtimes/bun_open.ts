import type { BunNamespace, BunSocket, BunSocketOptions } from "./bun_types.ts";
import { DescriptorSearch, type Evidence } from "./libc/descriptor_search.ts";
import type { Libc } from "./libc/libc.ts";

/** No process has so many descriptors. */
const NEVER_OPEN = 0x7fff_ffff;
const LOOPBACK = "127.0.0.1";

/** A new socket with its descriptor: -1 where it is not known. Throws as Bun does. */
export function openBunSocket(bun: BunNamespace, libc: Libc | null, options: BunSocketOptions): BunSocket {
  const search = libc === null || tellsDescriptors ? null : new DescriptorSearch(libc);
  const socket = bun.peek(bun.udpSocket(options));
  return withDescriptor(socket, search, { setMulticastTTL: (value) => void socket.setMulticastTTL(value) });
}

/** Puts a socket's descriptor to where Bun before 1.4.0 does not have it. */
export function withDescriptor(socket: BunSocket, search: DescriptorSearch | null, evidence?: Evidence): BunSocket {
  tellsDescriptors ||= socket.fd !== undefined;
  if (tellsDescriptors) return socket;
  return Object.defineProperty(socket, "fd", { value: search?.find(socket.address, evidence)?.fd ?? -1 });
}

let tellsDescriptors = false;

/** True if Bun makes a socket of a descriptor; before 1.4.0 it overlooks that it was given one, and opens another. */
export function adoptsDescriptors(bun: BunNamespace): boolean {
  try {
    bun.peek(bun.udpSocket({ hostname: LOOPBACK, fd: NEVER_OPEN, socket: {} })).close();
    return false;
  } catch {
    return true;
  }
}

/** True if Bun has the kernel tell a socket of ICMP errors; before 1.3.14 it does not. */
export function hearsOfIcmpErrors(bun: BunNamespace): boolean {
  const open = (): BunSocket => bun.peek(bun.udpSocket({ hostname: LOOPBACK, port: 0, socket: {} }));
  const gone = open();
  const { port } = gone;
  gone.close();
  const socket = open();
  try {
    // The second is told of the first.
    for (let i = 0; i < 2; i++) socket.send(new Uint8Array(1), port, LOOPBACK);
    return false;
  } catch {
    return true;
  } finally {
    socket.close();
  }
}
