import { commandFor } from "../contenders.mjs";
import { runProgram } from "../measure.mjs";
import { two } from "../rows.mjs";

/** What is measured, by its heading, and which figure of it is shown. */
const variants = {
  "10 hosts": [["pairs", 10, 300_000], "cpu"],
  "1,000 hosts": [["pairs", 1000, 300_000], "cpu"],
  "100,000 hosts": [["pairs", 100_000, 300_000], "cpu"],
  "10 of 100,000": [["pairs", 100_000, 300_000, 10], "cpu"],
  "plain objects of 100,000": [["touch", 100_000, 300_000], "cpu"],
  "1,000, to all others": [["talk", 1000, 1], "cpu"],
  "10, virtual seconds": [["talk", 10, 3000], "timesRealTime"],
};

/** What a datagram costs between hosts that the processor does not have at hand. */
export const simulatedHosts = {
  name: "simulated hosts",
  title: "Many hosts in a network in memory",
  rounds: 3,
  note:
    `CPU µs per datagram of 64 bytes, 64 in flight, each between two hosts that are drawn anew: of so many, or always of
the same 10 of 100,000. Beside it, without any network, what it takes to look at 16 plain objects of 200 bytes of each of two
such hosts: what a processor needs for memory that it does not have at hand. Then what a datagram costs where each of 1,000
hosts sends one to all others, which makes a million; and for how many seconds of virtual time one second of CPU is enough,
where ten hosts say something to all others once a second.`,
  takesPart: ({ kind, name }) => kind === "ours" && /^@x\/dgram, (Node 26|Deno|Bun)$/.test(name),
  async measure(contender) {
    const program = commandFor(contender, "simulated_hosts");
    const results = [];
    for (const [heading, [args]] of Object.entries(variants)) {
      const { result, problem } = await runProgram([...program, ...args].map(String), contender.env);
      if (problem !== undefined) return { problem };
      results.push([heading, result]);
    }
    return { results };
  },
  head: Object.keys(variants),
  cells: (figures, { name }) =>
    Object.entries(variants).map(([heading, [, what]]) => {
      const value = figures.value("simulated hosts", heading, name, what);
      return what === "cpu" ? two(value) : value === undefined ? "-" : Math.round(value).toLocaleString("en-US");
    }),
};
