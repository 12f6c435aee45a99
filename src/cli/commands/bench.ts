import { capabilities } from "../../../mod.ts";
import { FAMILY, parsePort } from "../arguments.ts";
import type { Command } from "../command.ts";
import { Load, type LoadResult } from "../load.ts";
import { place, RunError, UsageError } from "../failure.ts";
import { chart, counted, grouped, rowsOf, share, timesLine, timesOf } from "../figures.ts";
import type { Report } from "../report.ts";
import { LEAST_SIZE, MOST_SIZE } from "../probe.ts";
import { bind, familyOf, typeOf, withConnected, withSocket } from "../sockets.ts";

const MOST_IN_FLIGHT = 64;
const LIVE_INTERVAL = 100;
const JSON_INTERVAL = 1000;
const LONGEST_BAR = 24;
/** What stands beside the bar. */
const BESIDE_BAR = " 100 %  100,000 round trips/s  0 lost   ".length;

function progress(report: Report, load: Load): ReturnType<typeof setInterval> {
  return setInterval(() => {
    const { sent, answered, lost, perSecond, share: done } = load.progress();
    const longest = Math.min(LONGEST_BAR, Math.max(0, report.width - BESIDE_BAR));
    const bar = "━".repeat(Math.round(longest * done)).padEnd(longest, "╌");
    report.live(
      `${bar} ${Math.floor(100 * done)} %  ${grouped(perSecond)} round trips/s  ${grouped(lost)} lost`.trimStart(),
    );
    if (!report.isLive) report.tell("progress", { sent, answered, lost, perSecond: Math.round(perSecond) });
  }, report.isLive ? LIVE_INTERVAL : JSON_INTERVAL);
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

/** Measures throughput. */
export const bench: Command = {
  summary: "measure round trips a second, on loopback or to an echo service",
  usage: "[HOST PORT] [options]",
  positionals: [0, 2],
  options: {
    count: { type: "string", short: "c", value: "N", about: "end after N datagrams" },
    duration: { type: "string", short: "d", value: "SECONDS", about: "end after that time; 3 if neither is given" },
    size: {
      type: "string",
      short: "s",
      value: "BYTES",
      about: `length of a datagram, from ${LEAST_SIZE}; 64 if left out`,
    },
    "in-flight": {
      type: "string",
      short: "f",
      value: "N",
      about: `datagrams under way at once; ${MOST_IN_FLIGHT}, the most, if left out`,
    },
    timeout: { type: "string", short: "t", value: "SECONDS", about: "when a datagram counts as lost; 1 if left out" },
    ...FAMILY,
  },
  notes: [
    "Without a host, this process echoes to itself on loopback: the figures are those of both ends together. The exit",
    "code is 1 if no echo came.",
  ],
  async run({ args, report, signal }) {
    const [host, portText] = args.positionals;
    if (host !== undefined && portText === undefined) throw new UsageError("a host needs a port");
    const given = portText === undefined ? undefined : parsePort(portText);
    const family = familyOf(host, args.family());
    const count = args.integer("count", 1, 1e9);
    const duration = args.seconds("duration") ?? (count === undefined ? 3000 : undefined);
    const size = args.integer("size", LEAST_SIZE, MOST_SIZE) ?? 64;
    const inFlight = args.integer("in-flight", 1, MOST_IN_FLIGHT) ?? MOST_IN_FLIGHT;
    const timeout = args.seconds("timeout") ?? 1000;

    const run = (to: string, port: number): Promise<void> =>
      withConnected(signal, to, port, family, async (socket) => {
        const { address } = socket.remoteAddress();
        const { runtime, backend } = capabilities;
        report.tell("start", { address, port, size, inFlight, runtime, backend });
        report.remark(
          `round trips ${host === undefined ? "on loopback" : `with ${place(address, port)}`}, ${size} bytes, ` +
            `${inFlight} in flight, on ${runtime}`,
        );
        const load = new Load(socket, { target: place(address, port), count, duration, size, inFlight, timeout });
        const timer = progress(report, load);
        let result: LoadResult;
        try {
          result = await load.run(signal);
        } finally {
          clearInterval(timer);
          report.endLive();
        }
        summarise(report, result, size);
        if (result.answered === 0 && !signal.aborted) throw new RunError(`no echo from ${place(address, port)}`);
      });

    if (host !== undefined) await run(host, given!);
    else {
      await withSocket({ type: typeOf(family) }, async (service) => {
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
  },
};
