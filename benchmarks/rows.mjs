// The figures as cells of tables: text, ready to be laid out.
import { takesPart } from "./contenders.mjs";
import { works } from "./works.mjs";

const fixed = (digits) => (number) => number === undefined ? "–" : number.toFixed(digits);
export const two = fixed(2);
export const whole = fixed(0);
export const one = fixed(1);
export const megabytes = (bytes) => bytes === undefined ? "–" : one(bytes / 1e6);

/** Those of a table of a work: the other entries have their own. */
export const rowsOfWork = (contenders) => contenders.filter(({ kind }) => kind !== "entry");

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

/** The table of batches, the promises and the web entry, or undefined if neither was measured: { title, note, head, rows }. */
export function entriesTable({ figures, contenders, measurements }) {
  const entries = contenders.filter(({ kind }) => kind === "entry");
  const measured = measurements.filter(([work, size]) => entries.some((entry) => takesPart(entry, work, size)));
  if (measured.length === 0) return undefined;
  return {
    title: "Batches, shared memory, iteration and streams, against the event API",
    note:
      `\`sendMany\` with the 'messages' event (in one process: its ratio to C is among the targets), \`pooledMessages\`, \`for await\` over a socket of \`@x/dgram/promises\`, and the two streams of \`@x/dgram/web\`, in the same rounds as the
'message' event. The iterator's program sends as the event's does; that of the streams writes to its stream.`,
    head: measured.flatMap(([work, size]) => [`${works[work].title.toLowerCase()}, ${size} bytes: CPU µs`, "× events"]),
    rows: entries.map((entry) => [
      entry.name,
      ...measured.flatMap(([work, size]) => [
        two(figures.value(work, size, entry.name, "cpu")),
        two(figures.ratio(work, size, entry.name, figures.bases(entry).events)),
      ]),
    ]),
  };
}

/** The table of an experiment: { title, note, head, rows }. */
export function experimentTable(
  { figures, contenders, rounds: most },
  { title, note, rounds, head, cells, takesPart },
) {
  const rows = contenders.filter(takesPart).map((contender) => [contender.name, ...cells(figures, contender)]);
  return { title, note: `${note} ${Math.min(most, rounds)} rounds.`, head, rows };
}

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
    const line = `${name}, ${work}${size === undefined ? "" : `, ${size} bytes`}: ${problem.replace(/\d+/g, "some")}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `${count} × ${line}`);
}
