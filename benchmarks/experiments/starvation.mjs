import { runProgram, startProgram } from "../measure.mjs";
import { one } from "../rows.mjs";

const SIZE = 64;
const WARM_UP = 300;
const MEASURE = 800;
/** The flood goes on for a little longer. */
const MARGIN = 200;
/** µs that a listener takes for each message: none, and more than a runtime can keep up with. */
export const listenerCosts = [0, 50];
/** ms, the issue's. */
export const latestTimer = 20;

/** How late timers are, and what else goes on, while a C program floods one socket. */
export const starvation = {
  name: "starvation",
  title: "A flood on one socket: how late a 10 ms timer is",
  rounds: 3,
  note: `A C program sends datagrams of ${SIZE} bytes to one socket for ${
    WARM_UP + MEASURE + MARGIN
  } ms, as fast as it can and without
waiting for anybody; most are lost, as they have to be. Meanwhile a timer of 10 ms is set again and again, and another
pair of sockets does round trips, one at a time, each awaited. In ms: the median and the 99th percentile (medians of the
rounds) and the latest of all rounds; what is over ${latestTimer} is marked. The second half is the same with a listener that takes
${
    listenerCosts[1]
  } µs for each message, so that the flood never runs dry. How late the C program is, which does nothing else, is what the
machine does to all.`,
  takesPart: ({ kind, runtime, limit }) =>
    limit || (kind === "ours" || kind === "own") && runtime !== "Node 20" && runtime !== "Node 24",
  async measure(contender, { peers: { many } }) {
    if (many.path === undefined) return { problem: many.reason };
    const results = [];
    for (const cost of listenerCosts) {
      const { result, problem } = await floodOnce(contender, many.path, cost);
      if (problem !== undefined) return { problem };
      results.push([cost, result]);
    }
    return { results };
  },
  head: listenerCosts.flatMap((cost) => [
    cost === 0 ? "late: median" : `${cost} µs a message: median`,
    "99 %",
    "latest",
    "round trips/s",
    "thousand/s received",
  ]),
  cells: (figures, { name }) =>
    listenerCosts.flatMap((cost) => {
      const most = figures.most("starvation", cost, name, "max");
      return [
        one(figures.value("starvation", cost, name, "p50")),
        one(figures.value("starvation", cost, name, "p99")),
        `${one(most)}${most > latestTimer ? " !" : ""}`,
        figures.value("starvation", cost, name, "trips")?.toFixed(0) ?? "–",
        one(figures.value("starvation", cost, name, "rate")),
      ];
    }),
};

async function floodOnce(contender, flooder, cost) {
  const command = contender.many ?? contender.command;
  const program = startProgram([...command, "timer", SIZE, WARM_UP, MEASURE, cost], contender.env);
  try {
    const { port } = await program.next() ?? {};
    if (port === undefined) return { problem: "it did not start" };
    const flood = runProgram([flooder, "flood", SIZE, port, WARM_UP + MEASURE + MARGIN]);
    const result = await program.next();
    const { problem } = await flood;
    if (problem !== undefined) return { problem };
    if (result?.timers === undefined) return { problem: "stalled" };
    const { seconds, trips, received } = result;
    const { p50, p99, max } = result;
    return { result: { p50, p99, max, trips: trips / seconds, rate: received / seconds / 1000 } };
  } finally {
    await program.end();
  }
}
