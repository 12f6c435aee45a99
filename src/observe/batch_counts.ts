import type { BatchCount } from "./types.ts";

/** 64 rows of 64 datagrams are the most that one call brings. */
const SIZES = 13;

/** Batches by size, in powers of two. */
export class BatchCounts {
  readonly #counts: Float64Array = new Float64Array(SIZES);

  /** Of those of one datagram. */
  get single(): number {
    return this.#counts[0];
  }

  add(size: number): void {
    this.#counts[32 - Math.clz32(size - 1)]++;
  }

  /** Without the sizes that did not come. */
  read(): BatchCount[] {
    return Array.from(this.#counts, (count, power) => ({ upTo: 2 ** power, count })).filter(({ count }) => count > 0);
  }
}
