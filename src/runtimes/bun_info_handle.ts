import { nextTick } from "node:process";
import { setImmediate } from "node:timers";
import type { Host, OpenOptions } from "../core/backend.ts";
import type { BunHandlers, BunSocket } from "./bun_types.ts";
import { KernelHandle } from "./kernel_handle.ts";
import { Descriptor } from "./libc/descriptor.ts";
import { familyOf } from "./libc/fd_type.ts";
import type { Libc } from "./libc/libc.ts";
import { openSocket } from "./libc/open_socket.ts";
import { standInAtPlaceholder } from "./libc/stand_in.ts";
import { askForReceiveInfo, type SocketWithInfo } from "./receive_info.ts";

/** A socket of libc's, which receives what the kernel tells with each datagram. One of `Bun.udpSocket` wakes it. */
export class BunInfoHandle extends KernelHandle {
  readonly #waker: BunSocket;
  readonly #closeSpare: () => void;

  constructor(waker: BunSocket, { kernel, standIn }: SocketWithInfo, host: Host, closeSpare: () => void) {
    super(kernel, host, standIn);
    this.#waker = waker;
    this.#closeSpare = closeSpare;
  }

  /** Bun failed to read from what stands in its socket's place. */
  wake(): void {
    nextTick(this.rung);
  }

  ref(): void {
    this.#waker.ref();
  }

  unref(): void {
    this.#waker.unref();
  }

  protected allows(): boolean {
    return true;
  }

  /** It always does. */
  protected wait(): void {}

  protected release(): void {
    this.kernel.close();
    // Before Bun forgets the socket, of which the kernel would still tell it.
    this.#closeSpare();
    this.#waker.close();
  }
}

/** Opens one. `openWaker` throws, or answers a new socket with these handlers. */
export function openBunWithInfo(
  libc: Libc,
  options: OpenOptions,
  host: Host,
  openWaker: (handlers: BunHandlers) => BunSocket,
): BunInfoHandle | number {
  const fd = options.fd ?? openSocket(libc, options);
  if (fd < 0) return fd;
  const kernel = new Descriptor(libc, fd, familyOf(libc, fd) || options.family, true);
  const errno = askForReceiveInfo(kernel);
  const result = errno < 0 ? errno : wokenByBun(libc, kernel, host, openWaker);
  if (typeof result === "number" && options.fd === undefined) kernel.close();
  return result;
}

function wokenByBun(
  libc: Libc,
  kernel: Descriptor,
  host: Host,
  openWaker: (handlers: BunHandlers) => BunSocket,
): BunInfoHandle | number {
  let handle: BunInfoHandle | undefined;
  let spare = -1;
  const waker = openWaker({
    error: () => handle?.wake(),
    drain: () => setImmediate(closeSpare),
  });
  const closeSpare = (): void => {
    if (spare >= 0) libc.close(spare);
    spare = -1;
  };
  const placed = standInAtPlaceholder(libc, waker.fd, kernel.fd);
  if (typeof placed === "number") {
    waker.close();
    return placed;
  }
  spare = placed.spare;
  return handle = new BunInfoHandle(waker, { kernel, standIn: placed.standIn }, host, closeSpare);
}
