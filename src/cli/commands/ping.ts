import { FAMILY, parsePort } from "../arguments.ts";
import type { Command } from "../command.ts";
import { Ending, pause } from "../ending.ts";
import { explain, place, RunError } from "../failure.ts";
import { counted, milliseconds, share, timesLine, timesOf } from "../figures.ts";
import { Histogram } from "../histogram.ts";
import { LEAST_SIZE, MOST_SIZE, Probes } from "../probe.ts";
import { familyOf, withConnected } from "../sockets.ts";

/** Measures round-trip times. */
export const ping: Command = {
  summary: "measure round-trip times to a UDP echo service",
  usage: "HOST PORT [options]",
  positionals: [2, 2],
  options: {
    count: { type: "string", short: "c", value: "N", about: "end after N datagrams; without it, on Ctrl-C" },
    interval: { type: "string", short: "n", value: "SECONDS", about: "time between two datagrams; 1 if left out" },
    timeout: { type: "string", short: "t", value: "SECONDS", about: "how long to wait for an echo; 1 if left out" },
    size: {
      type: "string",
      short: "s",
      value: "BYTES",
      about: `length of a datagram, from ${LEAST_SIZE}; 64 if left out`,
    },
    ...FAMILY,
  },
  notes: [
    "`echo` is such a service. The next datagram waits for the echo or the timeout of the one before. The exit code is",
    "1 if no echo came.",
  ],
  async run(context) {
    const { args, report, signal } = context;
    const [host, portText] = args.positionals;
    const port = parsePort(portText);
    const family = familyOf(host, args.family());
    const count = args.integer("count", 1) ?? Number.POSITIVE_INFINITY;
    const interval = args.seconds("interval") ?? 1000;
    const timeout = args.seconds("timeout") ?? 1000;
    const size = args.integer("size", LEAST_SIZE, MOST_SIZE) ?? 64;

    const times = new Histogram();
    const probes = new Probes(size);
    let sent = 0;
    let target = place(host, port);

    await withConnected(context, host, port, family, async (socket) => {
      const { address } = socket.remoteAddress();
      target = place(address, port);
      report.tell("start", { host, address, port, size });
      report.remark(`ping ${host === address ? target : `${host} (${target})`}, ${size} bytes`);

      let echo = (_sequence: number, _arrived: number): void => {};
      let fail = (_error: Error): void => {};
      socket.on("message", (data) => {
        const sequence = probes.read(data);
        if (sequence !== undefined) echo(sequence, performance.now());
      });
      socket.on("error", (error) => fail(error));

      for (let sequence = 1; sequence <= count && !signal.aborted; sequence++) {
        const answer = new Ending(signal, timeout);
        let time: number | undefined;
        const started = performance.now();
        echo = (echoed, arrived) => {
          if (echoed !== sequence || time !== undefined) return;
          time = arrived - started;
          answer.reach();
        };
        fail = answer.fail;
        socket.send(probes.make(sequence), (error) => error && answer.fail(error));
        let problem = `no echo within ${timeout / 1000} s`;
        let code: string | undefined = "TIMEOUT";
        try {
          await answer.promise;
        } catch (error) {
          problem = explain(error, target);
          code = (error as { code?: string }).code;
        }
        // An interrupted one has neither been answered nor lost.
        if (signal.aborted && time === undefined) break;
        sent++;
        if (time === undefined) {
          report.tell("lost", { sequence, code }, report.paint("red", `${sequence}  ${problem}`));
        } else {
          times.record(time);
          const ms = Number(time.toFixed(6));
          report.tell("echo", { sequence, address, port, size, ms }, `${sequence}  ${milliseconds(time)}`);
        }
        echo = fail = () => {};
        if (sequence < count) await pause(Math.max(1, interval - (performance.now() - started)), signal);
      }
    });

    const lost = sent - times.count;
    report.tell(
      "summary",
      { sent, received: times.count, lost, ms: timesOf(times) },
      `${counted(sent, "datagram")} sent to ${target}, ${counted(times.count, "echo").replace(/echos$/, "echoes")}, ` +
        `${share(lost, sent)} lost` + (times.count ? `\n${timesLine(times)}` : ""),
    );
    if (times.count === 0 && !signal.aborted) throw new RunError(`no echo from ${target}`);
    return 0;
  },
};
