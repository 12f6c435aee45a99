import { clearImmediate, setImmediate } from "../common/timers.ts";
import type { BunNamespace, BunSocket } from "./types.ts";
import { errnoOf } from "../common/errno.ts";
import type { Descriptor } from "../libc/descriptor.ts";
import { EBADF, EMFILE, isShortage } from "../libc/error_numbers.ts";
import { Identity } from "../libc/identity.ts";
import type { Libc } from "../libc/libc.ts";
import { duplicate, openUnbound, putAt, replace } from "../libc/numbers.ts";
import { OneTimer } from "../common/one_timer.ts";

/** What a message costs a receive buffer besides its bytes. */
const MESSAGE_COST = 512;

/**
 * Where the kernel's socket is while Bun is not to read it. `Bun.udpSocket` can't be paused (Bun 1.4.5): at once it
 * finds a socket without datagrams in the place of its own, and a turn later it is closed, when nothing that it has
 * read already is lost by that. The kernel's socket lives on by another descriptor, which Bun owns too, so that it ends
 * with its thread, and does not wait for.
 *
 * While the process has no descriptors for that, Bun reads on, and as much is told as a receive buffer would hold.
 */
export class BunParking {
  readonly #bun: BunNamespace;
  readonly #libc: Libc;
  readonly #kernel: Descriptor;
  readonly #again = new OneTimer(() => void this.#start());
  /** Null when it is closed. */
  #socket: BunSocket | null;
  /** Owns the kernel's socket; null until it is parked. */
  #owner: BunSocket | null = null;
  /** What stands in the place of Bun's socket then. */
  #empty!: Identity;
  #immediate: ReturnType<typeof setImmediate> | undefined;
  #room = 0;

  constructor(bun: BunNamespace, libc: Libc, kernel: Descriptor, socket: BunSocket) {
    this.#bun = bun;
    this.#libc = libc;
    this.#kernel = kernel;
    this.#socket = socket;
  }

  /** 0 or an errno. */
  begin(): number {
    const errno = this.#start();
    if (errno === 0) return 0;
    this.#room = Math.max(0, this.#kernel.get("recvBufferSize"));
    return isShortage(errno) ? 0 : errno;
  }

  /** False for a message that a receive buffer would not have held. */
  admits(size: number): boolean {
    if (this.#owner !== null) return true;
    this.#room -= size + MESSAGE_COST;
    return this.#room >= 0;
  }

  /** Takes it back: null if Bun's socket is open and as before, or else the descriptor to open another with; or an errno. */
  end(): number | null {
    clearImmediate(this.#immediate);
    this.#again.stop();
    const owner = this.#owner;
    // Not parked; or taken back already, and there was no descriptor for Bun's socket.
    if (owner === null) return this.#socket === null ? this.#kernel.fd : null;
    if (!this.#kernel.isOurs()) return -EBADF;
    if (this.#libc.layout.waitsByNumber) this.#leaveSocket();
    const { fd } = this.#kernel;
    const back = this.#socket === null ? duplicate(this.#libc, fd) : this.#putBack(fd);
    if (back < 0) return back;
    this.#kernel.moveTo(back);
    this.#owner = null;
    owner.close();
    return this.#socket === null ? back : null;
  }

  /** Closes the socket. */
  close(): void {
    clearImmediate(this.#immediate);
    this.#again.stop();
    const kernel = this.#kernel;
    const { fd } = kernel;
    const owner = this.#owner;
    const isOurs = kernel.isOurs();
    kernel.close();
    if (!isOurs) return;
    if (owner !== null) {
      if (this.#socket !== null) this.#closeSocket(fd);
      owner.close();
    } else if (this.#socket !== null) this.#socket.close();
    else this.#libc.close(fd);
  }

  #start(): number {
    if (!this.#kernel.isOurs()) return -EBADF;
    const libc = this.#libc;
    const { fd } = this.#socket!;
    const empty = openUnbound(libc);
    // Bound to nothing, as long as nobody owns it: where the thread is terminated now, the port is free.
    const moved = empty < 0 ? empty : openUnbound(libc);
    const owner = moved < 0 ? moved : this.#own(moved);
    if (typeof owner === "number") {
      for (const opened of [empty, moved]) if (opened >= 0) libc.close(opened);
      if (isShortage(owner)) this.#again.start(false);
      return owner;
    }
    owner.unref();
    // What Bun waits for there ends with it.
    putAt(libc, moved, fd);
    this.#empty = new Identity(libc, empty);
    // Last, since a kqueue would not know Bun's number any more for the same socket.
    if (replace(libc, fd, empty) < 0) {
      // Bun's number is beyond the limit by now, which the process had lowered.
      owner.close();
      return -EMFILE;
    }
    this.#owner = owner;
    this.#kernel.moveTo(moved);
    this.#immediate = setImmediate(() => this.#closeSocket(moved));
    return 0;
  }

  #own(fd: number): BunSocket | number {
    try {
      return this.#bun.peek(this.#bun.udpSocket({ fd, socket: {} }));
    } catch (error) {
      return errnoOf(error);
    }
  }

  /** Bun is not told any more of a number that stood for something else meanwhile: what it has read is all. */
  #leaveSocket(): void {
    const socket = this.#socket;
    if (socket !== null) setImmediate(() => socket.close());
    this.#socket = null;
  }

  #closeSocket(parked: number): void {
    const socket = this.#socket!;
    // Bun has to find in its epoll what it has put there.
    const isBack = this.#putBack(parked) >= 0;
    this.#socket = null;
    if (isBack) socket.close();
    else socket.unref();
  }

  /** Has the number of Bun's socket stand for the kernel's again: the number, or an errno if it has become another's. */
  #putBack(parked: number): number {
    const { fd } = this.#socket!;
    return this.#empty.isAt(fd) ? putAt(this.#libc, fd, parked) || fd : -EBADF;
  }
}
