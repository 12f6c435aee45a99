import { clearImmediate, setImmediate } from "node:timers";
import type { BunSocket } from "./bun_types.ts";
import type { Descriptor } from "./libc/descriptor.ts";
import type { Libc } from "./libc/libc.ts";
import { exchange, putAt } from "./libc/stand_in.ts";

/**
 * Where the kernel's socket is while Bun is not to read it. `Bun.udpSocket` can't be paused (Bun 1.4.5): at once it
 * finds a socket without datagrams in the place of its own, and a turn later it is closed, when nothing that it has
 * read already is lost by that. The kernel's socket lives on by another descriptor.
 */
export class BunParking {
  readonly #libc: Libc;
  readonly #kernel: Descriptor;
  readonly #immediate: ReturnType<typeof setImmediate>;
  #socket: BunSocket | null;

  constructor(libc: Libc, kernel: Descriptor, socket: BunSocket) {
    this.#libc = libc;
    this.#kernel = kernel;
    this.#socket = socket;
    this.#immediate = setImmediate(() => this.#closeSocket());
  }

  /** Takes it back: -1 if Bun's socket is open and as before, or else the descriptor to open another with. */
  end(): number {
    clearImmediate(this.#immediate);
    const { fd } = this.#kernel;
    if (this.#socket === null) return fd;
    putAt(this.#libc, this.#socket.fd, fd);
    this.#kernel.moveTo(this.#socket.fd);
    this.#libc.close(fd);
    return -1;
  }

  #closeSocket(): void {
    const socket = this.#socket!;
    // Bun has to find in its epoll what it has put there.
    putAt(this.#libc, socket.fd, this.#kernel.fd);
    this.#socket = null;
    socket.close();
  }
}

/** Has Bun read no more, while `kernel` goes on with the socket; or an errno. */
export function park(libc: Libc, kernel: Descriptor, socket: BunSocket): BunParking | number {
  const { calls, layout } = libc;
  const empty = calls.socket(layout.inet, layout.datagram | layout.linux!.socketFlags, 0);
  if (empty < 0) return libc.failure();
  const moved = exchange(libc, socket.fd, empty);
  if (moved < 0) return moved;
  kernel.moveTo(moved);
  return new BunParking(libc, kernel, socket);
}
