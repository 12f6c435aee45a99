import { nextTick } from "../../core/process.ts";
import { setImmediate } from "../common/timers.ts";
import type { Host, OpenOptions } from "../../core/backend.ts";
import { type BunSockets, openBunSocket } from "./open.ts";
import type { BunHandlers, BunSocket } from "./types.ts";
import { KernelHandle } from "../kernel/handle.ts";
import { Descriptor } from "../libc/descriptor.ts";
import { familyOf } from "../libc/fd_type.ts";
import { openUnbound, ownUnwatched } from "../libc/numbers.ts";
import { openSocket } from "../libc/open_socket.ts";
import { putEpollFor, type StandIn } from "../libc/stand_in.ts";
import { type Asked, askForControl } from "../kernel/receive_info.ts";

/** What Bun has of a socket from which libc receives. */
export interface Parts {
  /** Owns the socket's descriptor, which Bun closes when its thread ends, and does not wait for it. */
  readonly owner: BunSocket;
  /** Waits. */
  readonly waker: BunSocket;
  readonly standIn: StandIn;
  readonly closeSpare: () => void;
}

/** A socket of which libc reads the control messages that come with datagrams. One of `Bun.udpSocket` wakes it. */
export class BunControlHandle extends KernelHandle {
  readonly parts: Parts;

  constructor(kernel: Descriptor, parts: Parts, host: Host, asked: Asked) {
    super(kernel, host, parts.standIn, asked);
    this.parts = parts;
  }

  /** Bun failed to read from what stands in its socket's place. */
  wake(): void {
    nextTick(this.rung);
  }

  ref(): void {
    this.parts.waker.ref();
  }

  unref(): void {
    this.parts.waker.unref();
  }

  protected allows(): boolean {
    return true;
  }

  /** It always does. */
  wait(): void {}

  protected release(): void {
    const { owner, waker, closeSpare } = this.parts;
    const isOurs = this.kernel.isOurs();
    this.kernel.close();
    if (isOurs) owner.close();
    // Before Bun forgets the socket, of which the kernel would still tell it.
    closeSpare();
    waker.close();
  }
}

/** Opens one. Throws what Bun does. */
export function openBunWithControl(sockets: BunSockets, options: OpenOptions, host: Host): BunControlHandle | number {
  const libc = sockets.libc!;
  const fd = options.fd ?? openSocket(libc, options);
  if (fd < 0) return fd;
  const kernel = new Descriptor(libc, fd, familyOf(libc, fd) || options.family, false);
  let result: BunControlHandle | number = 0;
  try {
    result = askForControl(libc, kernel, options) || openOn(sockets, kernel, host, options);
    return result;
  } finally {
    if (typeof result === "number") {
      kernel.close();
      if (options.fd === undefined) libc.close(fd);
    }
  }
}

/** The same on the kernel's socket: an errno, or throws, where there are no descriptors for it. */
export function openOn(
  sockets: BunSockets,
  kernel: Descriptor,
  host: Host,
  asked: Asked,
): BunControlHandle | number {
  const libc = sockets.libc!;
  let handle: BunControlHandle | undefined;
  // Bun's as well: a thread that is terminated closes what Bun has.
  let spare: BunSocket | undefined;
  const closeSpare = (): void => {
    spare?.close();
    spare = undefined;
  };
  const unbound = openUnbound(libc);
  if (unbound < 0) return unbound;
  const waker = adoptOrClose(sockets, unbound, {
    error: () => handle?.wake(),
    drain: () => setImmediate(closeSpare),
  });
  const placed = putEpollFor(libc, unbound, kernel.fd);
  if (typeof placed === "object") {
    spare = adoptOrClose(sockets, placed.spare, {});
    spare.unref();
  }
  // Last, since what it has is closed with it.
  const owner = typeof placed === "number"
    ? placed
    : ownUnwatched(libc, kernel.fd, () => openBunSocket(sockets, { fd: kernel.fd, socket: {} }));
  if (typeof placed === "number" || typeof owner === "number") {
    closeSpare();
    waker.close();
    return owner as number;
  }
  owner.unref();
  return handle = new BunControlHandle(kernel, { owner, waker, standIn: placed.standIn, closeSpare }, host, asked);
}

function adoptOrClose(sockets: BunSockets, fd: number, socket: BunHandlers): BunSocket {
  try {
    return openBunSocket(sockets, { fd, socket });
  } catch (error) {
    sockets.libc!.close(fd);
    throw error;
  }
}
