import { nextTick } from "../core/process.ts";
import { setImmediate } from "node:timers";
import type { Host, OpenOptions } from "../core/backend.ts";
import type { BunHandlers, BunSocket } from "./bun_types.ts";
import { KernelHandle } from "./kernel_handle.ts";
import { Descriptor } from "./libc/descriptor.ts";
import { familyOf } from "./libc/fd_type.ts";
import type { Libc } from "./libc/libc.ts";
import { openSocket } from "./libc/open_socket.ts";
import { standInAtPlaceholder } from "./libc/stand_in.ts";
import { type Asked, askForControl, type SocketByLibc } from "./receive_info.ts";

/** A socket of libc's, which reads the control messages that come with datagrams. One of `Bun.udpSocket` wakes it. */
export class BunControlHandle extends KernelHandle {
  readonly #waker: BunSocket;
  readonly #closeSpare: () => void;

  constructor(
    waker: BunSocket,
    { kernel, standIn }: SocketByLibc,
    host: Host,
    asked: Asked,
    closeSpare: () => void,
  ) {
    super(kernel, host, standIn, asked);
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
export function openBunWithControl(
  libc: Libc,
  options: OpenOptions,
  host: Host,
  openWaker: (handlers: BunHandlers) => BunSocket,
): BunControlHandle | number {
  const fd = options.fd ?? openSocket(libc, options);
  if (fd < 0) return fd;
  const kernel = new Descriptor(libc, fd, familyOf(libc, fd) || options.family, true);
  const errno = askForControl(libc, kernel, options);
  const result = errno < 0 ? errno : wokenByBun(libc, kernel, host, options, openWaker);
  if (typeof result === "number" && options.fd === undefined) kernel.close();
  return result;
}

function wokenByBun(
  libc: Libc,
  kernel: Descriptor,
  host: Host,
  asked: Asked,
  openWaker: (handlers: BunHandlers) => BunSocket,
): BunControlHandle | number {
  let handle: BunControlHandle | undefined;
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
  return handle = new BunControlHandle(waker, { kernel, standIn: placed.standIn }, host, asked, closeSpare);
}
