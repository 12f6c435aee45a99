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
    const { size } = outgoing;
    if (this.#count >= this.#maxCount || this.#size + size > this.#maxSize) return false;
    this.#count++;
    this.#size += size;
    outgoing.counted = size;
    return true;
  }

  /** What waited as one waits as so many. */
  split(row: Outgoing, parts: readonly Outgoing[]): void {
    this.#count += parts.length - 1;
    let left = row.counted;
    for (const part of parts) {
      part.counted = part === parts.at(-1) ? left : Math.min(left, part.size);
      left -= part.counted;
    }
  }

  /** The datagram waits no longer. */
  leave(outgoing: Outgoing): void {
    this.#count--;
    this.#size -= outgoing.counted;
  }
}
