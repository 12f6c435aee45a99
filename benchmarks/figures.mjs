// Medians and ratios of what the rounds gave.

export function median(numbers) {
  if (numbers.length === 0) return undefined;
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Every figure of a run: one list of rounds for each work, size and contender; a round without a result is undefined. */
export class Figures {
  #rounds = new Map();
  #contenders;
  #givenUp = new Set();
  /** Runs that did not count: { work, size, name, round, problem }. */
  discarded = [];

  constructor(contenders) {
    this.#contenders = contenders;
  }

  record(work, size, name, round, result) {
    const key = JSON.stringify([work, size, name]);
    if (!this.#rounds.has(key)) this.#rounds.set(key, []);
    this.#rounds.get(key)[round] = result;
  }

  giveUp(work, size, name) {
    this.#givenUp.add(JSON.stringify([work, size, name]));
  }

  isGivenUp(work, size, name) {
    return this.#givenUp.has(JSON.stringify([work, size, name]));
  }

  roundsOf(work, size, name) {
    return this.#rounds.get(JSON.stringify([work, size, name])) ?? [];
  }

  /** The median of `what`: cpu, rate, pinned or rss. */
  value(work, size, name, what) {
    return median(this.roundsOf(work, size, name).flatMap((result) => result?.[what] ?? []));
  }

  /** The worst of `what` in all rounds. */
  most(work, size, name, what) {
    const values = this.roundsOf(work, size, name).flatMap((result) => result?.[what] ?? []);
    return values.length === 0 ? undefined : Math.max(...values);
  }

  /** The median of the rounds' ratios: what changes from round to round on a busy machine cancels out. */
  ratio(work, size, name, base, what = "cpu") {
    return base === undefined ? undefined : this.ratioBetween([work, size, name], [work, size, base], what);
  }

  /** The same for any two: [work, size, name] each. */
  ratioBetween(one, other, what = "cpu") {
    const others = this.roundsOf(...other);
    const ratios = this.roundsOf(...one).flatMap((result, round) => {
      const [value, base] = [result?.[what], others[round]?.[what]];
      return value === undefined || base === undefined ? [] : [value / base];
    });
    return median(ratios);
  }

  /** How far the rounds are apart: the median, over all that was timed, of (highest − lowest) / median. */
  get spread() {
    const spreads = [...this.#rounds.values()].flatMap((rounds) => {
      const values = rounds.flatMap((result) => result?.cpu ?? []);
      return values.length < 2 ? [] : [(Math.max(...values) - Math.min(...values)) / median(values)];
    });
    return median(spreads);
  }

  /** The names that a contender is compared with. */
  bases(contender) {
    const find = (matches) => this.#contenders.find(matches)?.name;
    return {
      limit: find(({ limit }) => limit),
      own: find(({ kind, runtime }) => kind === "own" && runtime === contender.runtime),
      native: find(({ kind, runtime }) => kind === "native" && runtime === contender.runtime),
      events: find(({ name }) => name === contender.events),
    };
  }

  toJSON() {
    return {
      rounds: [...this.#rounds].map(([key, rounds]) => {
        const [work, size, name] = JSON.parse(key);
        return { work, size, name, rounds };
      }),
      discarded: this.discarded,
    };
  }
}
