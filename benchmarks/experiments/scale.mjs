import { perDatagram, runProgram, startProgram, thousands } from "../measure.mjs";
import { two } from "../rows.mjs";

const SIZE = 64;
/** Milliseconds: of the whole first, and of each phase. */
const WARM_UP = 1000;
const MEASURE = 300;
/** The issue's. */
export const mostGrowth = 1.2;

/** Those where something can differ: older versions of Node have the same adapter. */
const takesPart = ({ kind, runtime, limit }) =>
  limit || (kind === "ours" || kind === "own") && runtime !== "Node 20" && runtime !== "Node 24";

function resultsOf({ result, problem }) {
  if (problem !== undefined) return { problem };
  if (result.phases === undefined || result.phases.some(({ datagrams }) => !(datagrams > 0))) {
    return { problem: "stalled" };
  }
  if (result.lost > 0) return { problem: `lost ${result.lost} datagrams` };
  return {
    results: result.phases.map((phase) => [Math.abs(phase.count), { cpu: perDatagram(phase), rate: thousands(phase) }]),
  };
}

/** In one round the counts rise, in the next they fall, since a process changes with its age. */
const inOrder = (counts, round) => (round % 2 ? [...counts].reverse() : counts).join(",");
const commandOf = (contender) => contender.many ?? contender.command;

/** `growth` of a contender: cost at each count against the first. */
export function growthOf(figures, { name, counts }, contender) {
  return counts.slice(1).map((count) =>
    figures.ratioBetween([name, count, contender.name], [name, counts[0], contender.name])
  );
}

const flagged = (ratio) => `${two(ratio)}${ratio > mostGrowth ? " !" : ""}`;

function experiment(name, title, unit, counts, note, measure) {
  const own = { name, counts };
  return {
    ...own,
    title,
    rounds: 4,
    note,
    takesPart,
    measure,
    head: [`1 ${unit}: CPU µs`, ...counts.slice(1).map((count) => `${count} ${unit}s: × 1`)],
    cells: (figures, contender) => [
      two(figures.value(name, counts[0], contender.name, "cpu")),
      ...growthOf(figures, own, contender).map(flagged),
    ],
  };
}

const socketCounts = [1, 10, 100, 1000];

export const sockets = experiment(
  "sockets",
  "CPU per datagram with many open sockets",
  "socket",
  socketCounts,
  `In one process, ${SIZE} bytes: the sockets take turns; each sends 32 datagrams to the next one, and one alone to itself; two such bursts
are in flight. So as many leave and arrive together as with one socket. The first column is the cost with
one socket, the others are multiples of it, measured in the same process; what is over ${mostGrowth} is marked.`,
  async (contender, { round }) => {
    const args = ["sockets", SIZE, WARM_UP, MEASURE, inOrder(socketCounts, round)];
    return resultsOf(await runProgram([...commandOf(contender), ...args], contender.env));
  },
);

const peerCounts = [1, 4, 16, 64];

export const peers = experiment(
  "peers",
  "CPU per datagram in batches to many peers",
  "peer",
  peerCounts,
  `The sender's CPU, ${SIZE} bytes: 64 datagrams are sent in one turn of the event loop, to 1 to 64 ports of a C program, one after the other.`,
  async (contender, { round, peers: { many } }) => {
    if (many.path === undefined) return { problem: many.reason };
    const receiver = startProgram([many.path, "ports", SIZE]);
    try {
      const { ports } = await receiver.next() ?? {};
      if (ports === undefined) return { problem: "the receiver did not start" };
      const args = ["peers", SIZE, WARM_UP, MEASURE, ports.join(","), inOrder(peerCounts, round)];
      return resultsOf(await runProgram([...commandOf(contender), ...args], contender.env));
    } finally {
      await receiver.end();
    }
  },
);
