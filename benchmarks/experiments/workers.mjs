import { commandFor } from "../contenders.mjs";
import { perDatagram, runProgram, startProgram, thousands } from "../measure.mjs";
import { one, two } from "../rows.mjs";

const SIZE = 64;
const WARM_UP = 300;
const MEASURE = 700;
/** µs that a listener takes for each message. */
const listenerCosts = [0, 20];
const counts = [1, 2];
const variantOf = (count, cost) => `${count} with ${cost} µs`;

/** Receiving on one port with one and with two worker threads. */
export const workers = {
  name: "workers",
  title: "Receiving on one port with 1 and 2 worker threads",
  rounds: 2,
  note:
    `Each worker has a socket of its own on the same port (\`reusePort\`); a C program sends datagrams of ${SIZE} bytes to it from
32 ports, paced by one acknowledgement per 16, with 128 in flight. Thousands of datagrams a second, and the receiving
process's CPU per datagram. The sender is one of three busy threads then, so that on a machine with two cores a second worker brings
something only where a message takes time: the second half has a listener that takes ${listenerCosts[1]} µs for each.`,
  // Where there is reusePort: Deno needs libc for it.
  takesPart: ({ kind, name }) =>
    kind === "ours" && /Node 26|--unstable-net --allow-ffi|Bun/.test(name) ||
    kind === "own" && /Node 26|Bun/.test(name),
  async measure(contender, { peers: { many } }) {
    if (many.path === undefined) return { problem: many.reason };
    const results = [];
    for (const cost of listenerCosts) {
      for (const count of counts) {
        const { result, problem } = await receiveOnce(contender, many.path, count, cost);
        if (problem !== undefined) return { problem };
        results.push([variantOf(count, cost), result]);
      }
    }
    return { results };
  },
  head: listenerCosts.flatMap((cost) => [
    `${cost === 0 ? "" : `${cost} µs a message, `}1 worker: thousand/s`,
    "CPU µs",
    "2 workers: thousand/s",
    "CPU µs",
    "× 1 worker",
  ]),
  cells: (figures, { name }) =>
    listenerCosts.flatMap((cost) => {
      const [alone, both] = counts.map((count) => variantOf(count, cost));
      const value = (variant, what) => figures.value("workers", variant, name, what);
      return [
        one(value(alone, "rate")),
        two(value(alone, "cpu")),
        one(value(both, "rate")),
        two(value(both, "cpu")),
        two(figures.ratioBetween(["workers", both, name], ["workers", alone, name], "rate")),
      ];
    }),
};

async function receiveOnce({ command, env }, sender, count, cost) {
  const program = commandFor({ command }, "workers");
  const args = ["workers", SIZE, WARM_UP, MEASURE, count, cost];
  const receiver = startProgram([...program, ...args], { DGRAM_BENCH_PACKAGE: "node:dgram", ...env });
  try {
    const { port } = await receiver.next() ?? {};
    if (port === undefined) return { problem: "it did not start" };
    const { result: sent, problem } = await runProgram([
      sender,
      "sources",
      SIZE,
      WARM_UP,
      MEASURE + 200,
      port,
    ]);
    if (problem !== undefined) return { problem };
    const received = await receiver.next();
    if (sent.stalled || !(received?.datagrams > 0)) return { problem: "stalled" };
    if (received.received !== sent.sent) return { problem: `lost ${sent.sent - received.received} datagrams` };
    if (received.each.some((each) => each === 0)) return { problem: "one worker received nothing" };
    return { result: { cpu: perDatagram(received), rate: thousands(received) } };
  } finally {
    await receiver.end();
  }
}
