/**
 * Which socket a descriptor's number stands for. A runtime, or somebody else in the process, may close it unheard; the
 * number is then given out again.
 */
import type { SystemCalls } from "./system_calls.ts";

/** The bits of a name that are its port. */
const PORT = 0xffff;

/** A test's clock stands still. */
const { now } = Date;

/** Remembers the socket at a number. */
export class Identity {
  readonly #libc: SystemCalls;
  readonly #cookie: bigint | null;
  /** Where there are no cookies (macOS, gVisor): its family and port, which another has only if the port is shared. */
  #name: number;
  #looked = -1;
  #changes = -1;

  constructor(libc: SystemCalls, fd: number) {
    this.#libc = libc;
    this.#cookie = libc.cookie(fd);
    this.#name = this.#cookie === null ? libc.nameAsNumber(fd) : 0;
  }

  /** The same socket may have another port from now on: the kernel takes back one that it chose, with the connection. */
  renamed(fd: number): void {
    if (this.#cookie === null) this.#name = this.#libc.nameAsNumber(fd);
  }

  /** True if the number still stands for that socket. */
  isAt(fd: number): boolean {
    if (fd < 0) return false;
    if (this.#cookie !== null) return this.#libc.cookie(fd) === this.#cookie;
    const name = this.#libc.nameAsNumber(fd);
    // An unbound one gets its port by its first send.
    if ((this.#name & PORT) === 0 && name >> 16 === this.#name >> 16) this.#name = name;
    return name !== 0 && name === this.#name;
  }

  /**
   * The same, where a system call each time is too dear: it costs a third of a send. It is asked for again after
   * whatever this module opens, moves or closes, and once in a millisecond.
   */
  wasAt(fd: number): boolean {
    const time = now();
    const { changes } = this.#libc;
    if (this.#looked === time && this.#changes === changes) return fd >= 0;
    if (!this.isAt(fd)) return false;
    this.#looked = time;
    this.#changes = changes;
    return true;
  }
}
