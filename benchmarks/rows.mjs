// The figures as cells of tables: text, ready to be laid out.
import { works } from "./works.mjs";

const fixed = (digits) => (number) => number === undefined ? "–" : number.toFixed(digits);
const two = fixed(2);
const one = fixed(1);
const megabytes = (bytes) => bytes === undefined ? "–" : one(bytes / 1e6);

/** CPU, its ratios, and the rate of one contender. */
export function timedCells(figures, contender, work, size) {
  const { name } = contender;
  const { limit, own, native } = figures.bases(contender);
  return [
    two(figures.value(work, size, name, "cpu")),
    two(figures.ratio(work, size, name, limit)),
    own === name ? "" : two(figures.ratio(work, size, name, own)),
    native === name ? "" : two(figures.ratio(work, size, name, native)),
    one(figures.value(work, size, name, "rate")),
  ];
}

export const timedHead = (work) => {
  const { unit } = works[work];
  return [`CPU µs per ${unit}`, "× C", "× own", "× native", `thousand ${unit}s/s`];
};

export function memoryCells(figures, { name }) {
  const [size] = works.memory.sizes;
  return ["pinned", "rss"].map((what) => megabytes(figures.value("memory", size, name, what)));
}

export const memoryHead = ["MB of buffers", "MB of growth (RSS)"];

/** Our ratio to the runtime's own node:dgram in one work, at each of its sizes. */
export function ratiosToOwn(figures, contender, work) {
  const { own } = figures.bases(contender);
  return works[work].sizes.map((size) => two(figures.ratio(work, size, contender.name, own))).join(" / ");
}

/** How many rounds there were, how far apart, and how long they took. */
export function roundsLine({ figures, rounds, minutes }) {
  const { spread } = figures;
  const apart = spread === undefined
    ? ""
    : `; from round to round the CPU figures differed by ${(spread * 100).toFixed(0)} % (the median of all)`;
  return `Medians of ${rounds} interleaved rounds${apart}. The run took ${minutes.toFixed(1)} minutes.`;
}

/** `N runs of NAME did not count: PROBLEM`, for each such. */
export function discardedLines(figures) {
  const counts = new Map();
  for (const { work, size, name, problem } of figures.discarded) {
    const line = `${name}, ${work}, ${size} bytes: ${problem.replace(/\d+/g, "some")}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `${count} × ${line}`);
}
