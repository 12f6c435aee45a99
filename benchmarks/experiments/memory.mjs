import { measureMemory } from "../measure.mjs";
import { megabytes } from "../rows.mjs";

const SIZE = 64;

/** What received messages that are kept hold in memory. */
export const memory = {
  name: "memory",
  title: "Memory pinned by 10,000 received messages that are kept",
  rounds: 2,
  note: `Of ${SIZE} bytes each. The first figure is the sum of the distinct ArrayBuffers behind the messages; the
second is how much the process grew, measured after collecting garbage.`,
  takesPart: ({ memory }) => memory !== undefined,
  async measure(contender) {
    const { problem, ...result } = await measureMemory(contender, SIZE);
    return problem === undefined ? { results: [[SIZE, result]] } : { problem };
  },
  head: ["MB of buffers", "MB of growth (RSS)"],
  cells: (figures, { name }) => ["pinned", "rss"].map((what) => megabytes(figures.value("memory", SIZE, name, what))),
};
