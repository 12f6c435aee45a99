import type { SourceDigest } from "./source_digest.ts";

/** Places of a set: a source is in one of them. */
const WAYS = 4;
/** How many sets one prefix has a part in: its own sources can take these places from each other, and from few others. */
const SPREAD = 32;
/** Of a place: the source's tag, when it was used last, and two numbers of the table's owner. */
const WIDTH = 4;

/**
 * What is remembered of single sources, in a fixed number of places. Where all places of a set are taken the one that was
 * used longest ago is forgotten, and whoever is forgotten is a stranger: nothing that was refused is allowed by that.
 */
export class SourceTable {
  /** All places, beside each other for the processor's caches. */
  readonly #cells: Float64Array;
  readonly #sets: number;
  #uses = 0;

  /** @param size places: a power of two, at least 256 */
  constructor(size: number) {
    this.#cells = new Float64Array(WIDTH * size);
    this.#sets = size / WAYS;
  }

  /** Where the source's two numbers are in `values`; -1 if it is not remembered. */
  find(digest: SourceDigest): number {
    const cells = this.#cells;
    const { tag } = digest;
    const from = this.#setOf(digest);
    for (let at = from; at < from + WAYS * WIDTH; at += WIDTH) {
      if (cells[at] === tag && cells[at + 1] > 0) {
        cells[at + 1] = ++this.#uses;
        return at + 2;
      }
    }
    return -1;
  }

  /** The same; one that is not remembered gets a place, and zeros. */
  place(digest: SourceDigest): number {
    const cells = this.#cells;
    const { tag } = digest;
    const from = this.#setOf(digest);
    let oldest = from;
    for (let at = from; at < from + WAYS * WIDTH; at += WIDTH) {
      if (cells[at] === tag && cells[at + 1] > 0) {
        cells[at + 1] = ++this.#uses;
        return at + 2;
      }
      if (cells[at + 1] < cells[oldest + 1]) oldest = at;
    }
    cells[oldest] = tag;
    cells[oldest + 1] = ++this.#uses;
    cells[oldest + 2] = cells[oldest + 3] = 0;
    return oldest + 2;
  }

  /** The numbers. */
  get values(): Float64Array {
    return this.#cells;
  }

  /** Forgets a source. */
  forget(digest: SourceDigest): void {
    const at = this.find(digest);
    if (at >= 0) this.#cells[at - 1] = 0;
  }

  #setOf({ prefix, low }: SourceDigest): number {
    return ((prefix + (low & SPREAD - 1)) & this.#sets - 1) * WAYS * WIDTH;
  }
}
