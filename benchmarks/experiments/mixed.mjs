import { commandFor, makesRows } from "../contenders.mjs";
import { perDatagram, runProgram, thousands } from "../measure.mjs";
import { two } from "../rows.mjs";

const WARM_UP = 1000;
const MEASURE = 1000;
const variants = ["off", "auto"];
/** Times the CPU of the same without rows and joining. */
export const mostMixed = 1.03;

/** CPU as a multiple of that with `segmentation: "off"`. */
export const mixedRatio = (figures, { name }) => figures.ratioBetween(["mixed", "auto", name], ["mixed", "off", name]);

/** What rows by themselves cost where there are none. */
export const mixed = {
  name: "mixed",
  title: "Mixed traffic",
  rounds: 5,
  note:
    `In one process, a socket and 16 peers: 32 datagrams at a time of 1 to 1400 bytes, to peers at random, each of which answers
with one of another size. CPU per datagram with \`segmentation: "off"\`, and as it is by default, where nothing of this makes
rows but by chance.`,
  takesPart: makesRows,
  async measure(contender, { round }) {
    const program = commandFor(contender, "mixed");
    const results = [];
    for (const variant of round % 2 ? variants.toReversed() : variants) {
      const { result, problem } = await runProgram([...program, WARM_UP, MEASURE, variant], contender.env);
      if (problem !== undefined) return { problem };
      if (!(result.datagrams > 0)) return { problem: "stalled" };
      results.push([variant, { cpu: perDatagram(result), rate: thousands(result) }]);
    }
    return { results };
  },
  head: ['segmentation "off": CPU µs', "by default", "× off"],
  cells: (figures, contender) => [
    ...variants.map((variant) => two(figures.value("mixed", variant, contender.name, "cpu"))),
    two(mixedRatio(figures, contender)),
  ],
};
