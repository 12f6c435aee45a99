import { commandFor, makesRows } from "../contenders.mjs";
import { runProgram } from "../measure.mjs";
import { two } from "../rows.mjs";

const PAIRS = 100;
const TURN = 10;

const isNode = ({ name }) => /^@x\/dgram, Node/.test(name);

/** What is compared with what: the figure, the most that it may be, and of whom that is asked. */
export const turns = {
  pair: { head: "in one process: × own", takesPart: () => true, most: 1.02, asked: isNode },
  echo: {
    head: "round trips: × own",
    takesPart: () => true,
    most: 1,
    asked: ({ name }) => isNode({ name }) || /Bun/.test(name),
  },
  mixed: { head: "mixed traffic: × without rows", takesPart: makesRows, most: 1.03, asked: () => true },
  observed: { head: "observed: × unobserved", takesPart: () => true, most: 1.01, asked: () => true },
  guarded: { head: "a guarded receiver: µs more", figure: "more", takesPart: () => true, most: 0.1, asked: () => true },
};

/** CPU as a multiple of that of what it is compared with, or how much more of it. */
export const turnsFigure = (figures, { name }, comparison) =>
  figures.value("turns", comparison, name, turns[comparison].figure ?? "ratio");

/** Where a hundredth counts: each in one process with what it is compared with. */
export const byTurns = {
  name: "turns",
  title: "By turns in one process",
  rounds: 3,
  note:
    `Where some hundredths count, what is compared runs in one process with what it is compared with, by turns of ${TURN} ms, and
the figure is the median of the ratios of ${PAIRS} pairs of turns: it is within some 0.02, however busy the machine is. Datagrams of 64 bytes
in one process and in round trips, as above, and mixed traffic: a socket and 16 peers, 32 datagrams at a time of 1 to 1400 bytes, to
peers at random, each of which answers with one of another size; with \`segmentation: "off"\`, and as it is by default, where
nothing of this makes rows but by chance. Both ends are observed, or neither. Of a guarded receiver it is the median of what a datagram costs more.`,
  takesPart: ({ kind, name }) => kind === "ours" && !name.includes("there"),
  async measure(contender) {
    const results = [];
    for (const [comparison, { takesPart }] of Object.entries(turns)) {
      if (!takesPart(contender)) continue;
      const command = commandFor(contender, "by_turns");
      const { result, problem } = await runProgram([...command, comparison, PAIRS, TURN], contender.env);
      if (problem !== undefined) return { problem };
      if (!(result.ratio > 0)) return { problem: "stalled" };
      results.push([comparison, result]);
    }
    return { results };
  },
  head: Object.values(turns).map(({ head }) => head),
  cells: (figures, contender) =>
    Object.keys(turns).map((comparison) => two(turnsFigure(figures, contender, comparison))),
};
