import type { Outgoing } from "./outgoing.ts";

/** The bound on what may wait: for a bind, a look-up or room in the kernel. */
export class SendBudget {
  readonly #maxCount: number;
  readonly #maxSize: number;
  #count = 0;
  #size = 0;

  /** @param maxCount datagrams; 0 for no bound. @param maxSize bytes; 0 for no bound. */
  constructor(maxCount: number, maxSize: number) {
    this.#maxCount = maxCount || Infinity;
    this.#maxSize = maxSize || Infinity;
  }

  /** True if the datagram may wait too; it is counted then. */
  admit(outgoing: Outgoing): boolean {
    const size = this.#size + outgoing.size;
    if (this.#count >= this.#maxCount || size > this.#maxSize) return false;
    this.#count++;
    this.#size = size;
    return true;
  }

  /** What waited as one waits as so many. */
  split(count: number): void {
    this.#count += count - 1;
  }

  /** The datagram waits no longer. */
  leave(outgoing: Outgoing): void {
    this.#count--;
    this.#size -= outgoing.size;
  }
}
