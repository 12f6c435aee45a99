/** `bench --rate` and `bench --receive`: the two ends of a stream that goes one way. */
import { announce } from "../announce.ts";
import type { Context } from "../command.ts";
import { Ending } from "../ending.ts";
import { place, RunError, UsageError } from "../failure.ts";
import { counted, grouped, share } from "../figures.ts";
import { OneWayReceiver } from "../one_way_receiver.ts";
import { OneWaySender } from "../one_way_sender.ts";
import { type Listening, type Socket, withConnected, withListening } from "../sockets.ts";
import type { StreamFigures } from "../stream_counts.ts";
import { bar, withProgress } from "./progress.ts";

/** How long one that has been told of its last stream stays for a sender that has not got the report. */
const LINGER = 600;
const SCALES: Readonly<Record<string, number>> = { "": 1, k: 1e3, M: 1e6, G: 1e9 };
const MOST_PER_SECOND = 1e7;
const AT_ONCE = 16;
/** Deno 2.9.6 receives one datagram in a turn. */
const AT_ONCE_TO_ITSELF = 1;
/** A space, and what the report keeps free at the end. */
const BESIDE_BAR = 4;

/** Datagrams a second: a number, or bits of payload a second with `bit`; k, M and G are thousands. */
export function parseRate(text: string, size: number): number {
  const [, number, scale, unit] = /^(\d+\.?\d*|\.\d+)([kMG]?)(bit)?$/.exec(text) ?? [];
  const value = number === undefined ? 0 : Number(number) * SCALES[scale] / (unit ? 8 * size : 1);
  if (value > 0 && value <= MOST_PER_SECOND) return value;
  throw new UsageError(
    `not a rate: ${JSON.stringify(text)} (datagrams a second such as 500 or 20k, or bits such as 10Mbit)`,
  );
}

/** Bits of payload a second: `1.23 Mbit/s`. */
function bits(bytes: number, seconds: number): string {
  return `${(seconds > 0 ? 8 * bytes / seconds / 1e6 : 0).toFixed(2)} Mbit/s`;
}

function fieldsOf({ sent, received, bytes, lost, outOfOrder, duplicates, jitter, duration }: StreamFigures) {
  const seconds = duration / 1000;
  return {
    ...{ sent, received, lost, outOfOrder, duplicates, jitter: Number(jitter.toFixed(6)), bytes, seconds },
    bitsPerSecond: seconds > 0 ? Math.round(8 * bytes / seconds) : 0,
  };
}

/** As iperf3 has them: jitter, lost of all, and apart from these what came out of order. */
function textOf({ sent, received, bytes, lost, outOfOrder, duplicates, jitter, duration }: StreamFigures): string {
  return `${grouped(received)} received, ${bits(bytes, duration / 1000)}  jitter ${jitter.toFixed(3)} ms  lost ${
    grouped(lost)
  }/${grouped(sent)} (${share(lost, sent)})  out of order ${grouped(outOfOrder)}` +
    (duplicates ? `  duplicates ${grouped(duplicates)}` : "");
}

/** What a stream is to be. Times are in milliseconds. */
export interface Stream {
  readonly rate: number;
  readonly count: number | undefined;
  readonly duration: number | undefined;
  readonly size: number;
  readonly timeout: number;
}

async function run(context: Context, socket: Socket, target: string, stream: Stream, atOnce: number): Promise<void> {
  const { dgram: { capabilities: { runtime, backend } }, report, signal } = context;
  const { rate, size } = stream;
  const { address, port } = socket.remoteAddress();
  report.tell("start", { address, port, size, rate, runtime, backend });
  report.remark(`one way to ${target}, ${size} bytes, ${grouped(rate)} datagrams/s, on ${runtime}`);
  const sender = new OneWaySender(socket, { ...stream, target, atOnce });
  const { sent, seconds, figures } = await withProgress(report, {
    text: (width) => {
      const { sent, perSecond, share } = sender.progress();
      const figures = `${Math.floor(100 * share)} %  ${grouped(perSecond)} datagrams/s  ${grouped(sent)} sent`;
      return `${bar(share, width - figures.length - BESIDE_BAR)} ${figures}`.trimStart();
    },
    fields: () => {
      const { sent, perSecond } = sender.progress();
      return { sent, perSecond: Math.round(perSecond) };
    },
  }, () => sender.run(signal));
  const perSecond = seconds > 0 ? sent / seconds : 0;
  const own = `${counted(sent, "datagram")} sent in ${seconds.toFixed(2)} s, ${
    report.paint("bold", `${grouped(perSecond)}/s`)
  }, ${bits(sent * size, seconds)}`;
  const received = figures ? { ...fieldsOf(figures), sent } : { sent };
  report.tell("summary", { ...received, seconds, perSecond }, figures ? `${own}\n${textOf(figures)}` : own);
  if (!figures) throw new RunError(`no report from ${target}: \`bench --receive\` is what answers there`);
  if (figures.received === 0 && !signal.aborted) throw new RunError(`nothing arrived at ${target}`);
}

/** Sends a stream to a host, or without one to itself, and tells what the receiver says of it. */
export async function sendOneWay(
  context: Context,
  host: string | undefined,
  port: number,
  family: 4 | 6 | undefined,
  stream: Stream,
): Promise<number> {
  const own = host === undefined;
  const to = (host: string, port: number): Promise<void> =>
    withConnected(context, host, port, family, (socket) => {
      const { address } = socket.remoteAddress();
      return run(context, socket, place(address, port), stream, own ? AT_ONCE_TO_ITSELF : AT_ONCE);
    });
  if (host !== undefined) {
    await to(host, port);
    return 0;
  }
  const receiver = new OneWayReceiver(() => {});
  const address = family === 6 ? "::1" : "127.0.0.1";
  try {
    await withListening(context, { port: 0, address, family }, (data, from, socket) => {
      receiver.heard(data, from, socket);
    }, ([socket]) => to(address, socket.address().port));
  } finally {
    receiver.end();
  }
  return 0;
}

/** Hears streams, and tells of each, until it is interrupted or there have been so many. */
export async function receiveOneWay(context: Context, where: Listening, count: number | undefined): Promise<number> {
  const { report, signal } = context;
  const ending = new Ending(signal);
  let streams = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const receiver = new OneWayReceiver(({ address, port, figures, complete }) => {
    if (streams === count) return;
    streams++;
    const text = `${report.paint("bold", place(address, port))}  ${textOf(figures)}${
      complete ? "" : "  (its end did not come)"
    }`;
    report.tell("stream", { address, port, complete, ...fieldsOf(figures) }, text);
    if (streams === count) timer = setTimeout(ending.reach, LINGER);
  });
  try {
    await withListening(context, where, (data, from, socket) => receiver.heard(data, from, socket), async (sockets) => {
      announce(sockets, { report, ending }, (places) => `receiving on ${places}`);
      await ending.promise;
    });
  } finally {
    clearTimeout(timer);
    ending.reach();
    receiver.end();
  }
  const { ignored } = receiver;
  report.tell("end", { streams, ignored });
  if (signal.aborted) report.remark(`${counted(streams, "stream")}${ignored ? `, ${grouped(ignored)} ignored` : ""}`);
  return 0;
}
