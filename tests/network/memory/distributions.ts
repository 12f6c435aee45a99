/** Whether counts are what chance makes of probabilities: bounds at an error probability. */

/** How probable it is that a right implementation fails one check. */
export const ERROR = 1e-6;
/** The quantile of the normal distribution at 1 - ERROR. */
const NORMAL = 4.7534;

/** The fewest and the most of `count` trials that may succeed: each tail has at most half of the error. */
export function binomialBounds(count: number, probability: number): [least: number, most: number] {
  const odds = Math.log(probability / (1 - probability));
  const chances: number[] = [];
  let logarithm = count * Math.log(1 - probability);
  for (let successes = 0; successes <= count; successes++) {
    chances.push(Math.exp(logarithm));
    logarithm += Math.log((count - successes) / (successes + 1)) + odds;
  }
  const inTail = (tail: Iterable<number>): number => {
    let sum = 0;
    let within = 0;
    for (const chance of tail) if ((sum += chance) <= ERROR / 2) within++;
    return within;
  };
  return [inTail(chances), count - inTail(chances.toReversed())];
}

/** The chi-squared statistic that counts of as many kinds may have, less one degree of freedom: Wilson and Hilferty's. */
export function chiSquaredBound(kinds: number): number {
  const freedom = kinds - 1;
  return freedom * (1 - 2 / (9 * freedom) + NORMAL * Math.sqrt(2 / (9 * freedom))) ** 3;
}

/** How far counts are from probabilities. */
export function chiSquared(counts: readonly number[], probabilities: readonly number[]): number {
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count, kind) => {
    const expected = all * probabilities[kind];
    return sum + (count - expected) ** 2 / expected;
  }, 0);
}

/** How far two rows of counts are from each other. */
export function homogeneity(one: readonly number[], other: readonly number[]): number {
  const [all, others] = [one, other].map((row) => row.reduce((sum, count) => sum + count, 0));
  return one.reduce((sum, count, kind) => {
    const both = count + other[kind];
    const [here, there] = [both * all / (all + others), both * others / (all + others)];
    return both === 0 ? sum : sum + (count - here) ** 2 / here + (other[kind] - there) ** 2 / there;
  }, 0);
}

/** How many came through between one loss and the next, up to `kinds - 1` and more, counted. */
export function runsBetweenLosses(came: readonly number[], kinds: number): number[] {
  const counts = new Array<number>(kinds).fill(0);
  let run = 1;
  for (let place = 1; place < came.length; place++) {
    const lost = came[place] - came[place - 1] - 1;
    if (lost === 0) run++;
    else {
      counts[Math.min(run, kinds - 1)]++;
      counts[0] += lost - 1;
      run = 1;
    }
  }
  return counts;
}

/** The probabilities of the same where each is lost by itself: the first run is taken for a whole one. */
export function geometric(probability: number, kinds: number): number[] {
  const chances = Array.from({ length: kinds - 1 }, (_, run) => probability * (1 - probability) ** run);
  return [...chances, (1 - probability) ** (kinds - 1)];
}
