import { type Arguments, FAMILY, parsePort } from "../arguments.ts";
import type { Command, Context } from "../command.ts";
import { Load, type LoadResult } from "../load.ts";
import { place, RunError, UsageError } from "../failure.ts";
import { chart, counted, grouped, rowsOf, share, timesLine, timesOf } from "../figures.ts";
import { LEAST_ONE_WAY_SIZE } from "../one_way_message.ts";
import type { Report } from "../report.ts";
import { LEAST_SIZE, MOST_SIZE } from "../probe.ts";
import { bind, familyOf, typeOf, withConnected, withSocket } from "../sockets.ts";
import { parseRate, receiveOneWay, sendOneWay, type Stream } from "./bench_one_way.ts";
import { bar, withProgress } from "./progress.ts";

const MOST_IN_FLIGHT = 64;
/** What stands beside the bar. */
const BESIDE_BAR = " 100 %  100,000 round trips/s  0 lost   ".length;

async function measure(report: Report, load: Load, signal: AbortSignal): Promise<LoadResult> {
  return await withProgress(report, {
    text: (width) => {
      const { lost, perSecond, share } = load.progress();
      return `${bar(share, width - BESIDE_BAR)} ${Math.floor(100 * share)} %  ${grouped(perSecond)} round trips/s  ${
        grouped(lost)
      } lost`.trimStart();
    },
    fields: () => {
      const { sent, answered, lost, perSecond } = load.progress();
      return { sent, answered, lost, perSecond: Math.round(perSecond) };
    },
  }, () => load.run(signal));
}

function summarise(report: Report, result: LoadResult, size: number): void {
  const { sent, answered, lost, seconds, times } = result;
  const perSecond = seconds > 0 ? answered / seconds : 0;
  const fields = { sent, answered, lost, seconds, perSecond, bytesPerSecond: perSecond * size, ms: timesOf(times) };
  const lines = [
    `${counted(sent, "datagram")} sent, ${grouped(answered)} answered, ${grouped(lost)} lost (${
      share(lost, sent)
    }) in ${seconds.toFixed(2)} s`,
    `${report.paint("bold", `${grouped(perSecond)} round trips/s`)}, ${
      (perSecond * size / 1e6).toFixed(2)
    } MB/s each way`,
  ];
  if (times.count) lines.push(timesLine(times), chart(times, report.width));
  report.tell("summary", { ...fields, histogram: rowsOf(times) }, lines.join("\n"));
}

/** How much is sent, and for how long. */
function extentOf(args: Arguments): { count: number | undefined; duration: number | undefined } {
  const count = args.integer("count", 1, 1e9);
  return { count, duration: args.seconds("duration") ?? (count === undefined ? 3000 : undefined) };
}

function refuse(args: Arguments, names: readonly string[], mode: string): void {
  for (const name of names) if (args.flag(name)) throw new UsageError(`--${name} is not for ${mode}`);
}

async function receive(context: Context): Promise<number> {
  const { args } = context;
  const [portText = "0", ...others] = args.positionals;
  if (others.length) throw new UsageError("--receive takes a port alone");
  refuse(args, ["rate", "duration", "size", "in-flight", "timeout"], "--receive");
  const address = args.text("address");
  const family = familyOf(address, args.family());
  return await receiveOneWay(context, { port: parsePort(portText, 0), address, family }, args.integer("count", 1));
}

function streamOf(args: Arguments): Stream {
  refuse(args, ["in-flight"], "--rate");
  const size = args.integer("size", LEAST_ONE_WAY_SIZE, MOST_SIZE) ?? 64;
  return {
    ...extentOf(args),
    rate: parseRate(args.text("rate")!, size),
    size,
    timeout: args.seconds("timeout") ?? 3000,
  };
}

async function roundTrips(
  context: Context,
  host: string | undefined,
  given: number,
  family: 4 | 6 | undefined,
): Promise<number> {
  const { args, dgram: { capabilities }, report, signal } = context;
  const extent = extentOf(args);
  const size = args.integer("size", LEAST_SIZE, MOST_SIZE) ?? 64;
  const inFlight = args.integer("in-flight", 1, MOST_IN_FLIGHT) ?? MOST_IN_FLIGHT;
  const timeout = args.seconds("timeout") ?? 1000;

  const run = (to: string, port: number): Promise<void> =>
    withConnected(context, to, port, family, async (socket) => {
      const { address } = socket.remoteAddress();
      const { runtime, backend } = capabilities;
      report.tell("start", { address, port, size, inFlight, runtime, backend });
      report.remark(
        `round trips ${host === undefined ? "on loopback" : `with ${place(address, port)}`}, ${size} bytes, ` +
          `${inFlight} in flight, on ${runtime}`,
      );
      const load = new Load(socket, { target: place(address, port), ...extent, size, inFlight, timeout });
      const result = await measure(report, load, signal);
      summarise(report, result, size);
      if (result.answered === 0 && !signal.aborted) throw new RunError(`no echo from ${place(address, port)}`);
    });

  if (host !== undefined) await run(host, given);
  else {
    await withSocket(context, { type: typeOf(family) }, async (service) => {
      service.on("message", (data, from) => {
        // Port 0 is legal as a sender's, and can't be answered.
        if (from.port > 0) service.send(data, from.port, from.address);
      });
      const loopback = family === 6 ? "::1" : "127.0.0.1";
      await bind(service, signal, 0, loopback);
      await run(loopback, service.address().port);
    });
  }
  return 0;
}

/** Measures throughput. */
export const bench: Command = {
  summary: "measure round trips a second, or loss, jitter and reordering one way",
  usage: "[HOST PORT] [options]\n       bench --receive [PORT] [options]",
  positionals: [0, 2],
  options: {
    rate: {
      type: "string",
      short: "r",
      value: "RATE",
      about: "one way to a `bench --receive`: datagrams a second (500, 20k), or bits (10Mbit)",
    },
    receive: { type: "boolean", about: "be the other end of --rate; with --count: end after N streams" },
    address: { type: "string", short: "a", value: "ADDRESS", about: "with --receive: the local address" },
    count: { type: "string", short: "c", value: "N", about: "end after N datagrams" },
    duration: { type: "string", short: "d", value: "SECONDS", about: "end after that time; 3 if neither is given" },
    size: {
      type: "string",
      short: "s",
      value: "BYTES",
      about: `length of a datagram, from ${LEAST_SIZE}, with --rate from ${LEAST_ONE_WAY_SIZE}; 64 if left out`,
    },
    "in-flight": {
      type: "string",
      short: "f",
      value: "N",
      about: `datagrams under way at once; ${MOST_IN_FLIGHT}, the most, if left out`,
    },
    timeout: {
      type: "string",
      short: "t",
      value: "SECONDS",
      about: "when a datagram counts as lost, or with --rate the report; 1 or 3 if left out",
    },
    ...FAMILY,
  },
  notes: [
    "Without --rate, HOST is an `echo`. Without a host, this process is both ends, on loopback: the figures are those of",
    "both together. With --rate the receiver counts, as iperf3 does: jitter is RFC 1889's, and a datagram that comes",
    "after one that was sent later is out of order, and not lost. The exit code is 1 if nothing came back.",
  ],
  async run(context) {
    const { args } = context;
    if (args.flag("receive")) return await receive(context);
    refuse(args, ["address"], "a sender");
    const [host, portText] = args.positionals;
    if (host !== undefined && portText === undefined) throw new UsageError("a host needs a port");
    const port = portText === undefined ? 0 : parsePort(portText);
    const family = familyOf(host, args.family());
    if (args.flag("rate")) return await sendOneWay(context, host, port, family, streamOf(args));
    return await roundTrips(context, host, port, family);
  },
};
