/** Counts times with a resolution of 1.6 %, in a fixed amount of memory however many there are. */
const SUB_BITS = 6;
const SUB = 2 ** SUB_BITS;

/** A count of times in nanoseconds. */
export class Histogram {
  readonly #counts: number[] = [];
  #sum = 0;
  /** How many were recorded. */
  count = 0;
  /** The shortest, in milliseconds. */
  min: number = Number.POSITIVE_INFINITY;
  /** The longest, in milliseconds. */
  max = 0;

  /** Records a time in milliseconds. */
  record(milliseconds: number): void {
    const index = indexOf(Math.max(0, Math.round(milliseconds * 1e6)));
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += milliseconds;
    this.count++;
    this.min = Math.min(this.min, milliseconds);
    this.max = Math.max(this.max, milliseconds);
  }

  /** The mean, in milliseconds. */
  get mean(): number {
    return this.count === 0 ? 0 : this.#sum / this.count;
  }

  /** The time in milliseconds that `percent` of all do not exceed. */
  percentile(percent: number): number {
    const rank = Math.max(1, Math.ceil(this.count * percent / 100));
    let seen = 0;
    for (let index = 0; index < this.#counts.length; index++) {
      seen += this.#counts[index] ?? 0;
      // The bucket's upper end, but never more than was seen.
      if (seen >= rank) return Math.max(this.min, Math.min(this.max, lowerEnd(index + 1) / 1e6));
    }
    return this.max;
  }

  /** How many lie below each bound in milliseconds and not below the one before it. */
  countsBelow(bounds: readonly number[]): number[] {
    const counts = bounds.map(() => 0);
    this.#counts.forEach((count, index) => {
      const place = bounds.findIndex((bound) => lowerEnd(index) / 1e6 < bound);
      if (place >= 0) counts[place] += count;
    });
    return counts;
  }
}

/** Below SUB each number has its bucket; above, each power of two is cut in SUB parts. */
function indexOf(value: number): number {
  if (value < SUB) return value;
  const exponent = Math.floor(Math.log2(value)) - SUB_BITS;
  return (exponent + 1) * SUB + Math.floor(value / 2 ** exponent) - SUB;
}

function lowerEnd(index: number): number {
  if (index < SUB) return index;
  const exponent = Math.floor(index / SUB) - 1;
  return (index % SUB + SUB) * 2 ** exponent;
}
