import { commandFor, makesRows } from "../contenders.mjs";
import { perDatagram, runProgram, startProgram, thousands } from "../measure.mjs";
import { one, two } from "../rows.mjs";

const SIZE = 1400;
const WARM_UP = 300;
const MEASURE = 700;
const places = ["one process", "two processes"];
/** What is compared with single sends: its name, and how many times their bytes a second it is to reach where. */
export const rowModes = [
  { mode: "plain", head: "send()", title: "rows by themselves, plain send()", leastGain: 4, where: ["two processes"] },
  { mode: "segmented", head: "offloaded", title: "segmentation offload", leastGain: 3, where: places },
  {
    mode: "pooled",
    head: "and pooled",
    title: "segmentation offload with pooledMessages",
    leastGain: 3,
    where: places,
  },
];
const modes = ["single", ...rowModes.map(({ mode }) => mode)];

const variantOf = (place, mode) => `${place}, ${mode}`;

/** How many times the bytes a second of single sends, in one process and between two. */
export const gainOf = (figures, { name }, place, mode) =>
  figures.ratioBetween(
    ["segments", variantOf(place, mode), name],
    ["segments", variantOf(place, "single"), name],
    "rate",
  );

/** One large buffer cut by the kernel, against as many single sends. */
export const segments = {
  name: "segments",
  title: "Rows of datagrams",
  rounds: 3,
  note:
    `Datagrams of ${SIZE} bytes. Single sends (\`segmentation: "off"\`) with 64 in flight, against plain \`send()\` to an address
with 184 in flight, and against \`sendMany\` of messages with a \`segmentSize\`, each of 46 datagrams, with 4 of them in
flight, to a socket with \`receiveOffload\`. Megabytes a second, CPU per ${SIZE} bytes (of both processes where there are
two), and how many times the bytes a second and the CPU of single sends. Every datagram is handed to a listener of its own;
then the same with \`pooledMessages\`.`,
  takesPart: makesRows,
  async measure(contender) {
    const results = [];
    for (const place of places) {
      for (const mode of modes) {
        const run = place === "one process" ? pairOnce : betweenOnce;
        const { result, problem } = await run(contender, mode);
        if (problem !== undefined) return { problem };
        results.push([variantOf(place, mode), result]);
      }
    }
    return { results };
  },
  head: places.flatMap((place) => [
    `${place}: single MB/s`,
    "CPU µs",
    ...rowModes.flatMap(({ head }) => [`${head} MB/s`, "CPU µs", "× bytes/s", "× CPU"]),
  ]),
  cells: (figures, contender) =>
    places.flatMap((place) => {
      const single = variantOf(place, "single");
      const value = (variant, what) => figures.value("segments", variant, contender.name, what);
      const megabytes = (variant) => {
        const rate = value(variant, "rate");
        return rate === undefined ? "–" : (rate * SIZE / 1000).toFixed(0);
      };
      const cellsOf = ({ mode }) => {
        const offloaded = variantOf(place, mode);
        return [
          megabytes(offloaded),
          two(value(offloaded, "cpu")),
          one(gainOf(figures, contender, place, mode)),
          two(figures.ratioBetween(["segments", offloaded, contender.name], ["segments", single, contender.name])),
        ];
      };
      return [megabytes(single), two(value(single, "cpu")), ...rowModes.flatMap(cellsOf)];
    }),
};

const programOf = (contender) => commandFor(contender, "segments");

function problemOf(result) {
  if (result?.skipped) return "no segmentation offload here";
  if (!(result?.datagrams > 0)) return "stalled";
  return result.lost > 0 ? `lost ${result.lost} datagrams` : undefined;
}

async function pairOnce(contender, mode) {
  const args = ["pair", SIZE, WARM_UP, MEASURE, mode];
  const { result, problem } = await runProgram([...programOf(contender), ...args], contender.env);
  const wrong = problem ?? problemOf(result);
  return wrong === undefined ? { result: { cpu: perDatagram(result), rate: thousands(result) } } : { problem: wrong };
}

async function betweenOnce(contender, mode) {
  const receiver = startProgram([...programOf(contender), "receive", SIZE, WARM_UP, MEASURE, mode], contender.env);
  try {
    const { port } = await receiver.next() ?? {};
    if (port === undefined) return { problem: "the receiver did not start" };
    const args = ["send", SIZE, WARM_UP, MEASURE, mode, port];
    const { result: sent, problem } = await runProgram([...programOf(contender), ...args], contender.env);
    const wrong = problem ?? problemOf(sent);
    if (wrong !== undefined) return { problem: `sender: ${wrong}` };
    const received = await receiver.next();
    const wrongThere = problemOf(received);
    if (wrongThere !== undefined) return { problem: `receiver: ${wrongThere}` };
    return { result: { cpu: perDatagram(sent) + perDatagram(received), rate: thousands(received) } };
  } finally {
    await receiver.end();
  }
}
