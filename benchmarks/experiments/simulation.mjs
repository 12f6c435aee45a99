import { inRoot } from "../../scripts/matrix/paths.mjs";
import { runProgram } from "../measure.mjs";
import { two } from "../rows.mjs";

const SIZE = 64;
const COUNT = 100_000;

/** CPU of a datagram that no kernel sees. */
export const simulation = {
  name: "simulation",
  title: "In a network in memory",
  rounds: 4,
  note:
    `64 datagrams of ${SIZE} bytes in flight between two hosts of a network in memory, in CPU µs per datagram, without and
with a trace, beside a backend of a few lines that hands over all at once.`,
  takesPart: ({ kind, name }) => kind === "ours" && /^@x\/dgram, (Node 26|Deno|Bun)$/.test(name),
  async measure(contender) {
    const program = [
      ...contender.command.slice(0, -1),
      inRoot("benchmarks", "contenders", "simulation.mjs"),
    ];
    const { result, problem } = await runProgram([...program, COUNT, SIZE].map(String), contender.env);
    return problem === undefined ? { results: [[SIZE, result]] } : { problem };
  },
  head: ["a bare backend", "simulated", "with a trace"],
  cells: (figures, { name }) =>
    ["bare", "simulated", "traced"].map((what) => two(figures.value("simulation", SIZE, name, what))),
};
