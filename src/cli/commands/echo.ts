import { announce } from "../announce.ts";
import { FAMILY, LISTENING_ADDRESS, parsePort } from "../arguments.ts";
import type { Command } from "../command.ts";
import { tellDatagram } from "../datagram_text.ts";
import { Ending } from "../ending.ts";
import { place } from "../failure.ts";
import { counted, grouped } from "../figures.ts";
import { answersItself, LEAST_PORT } from "../service_ports.ts";
import { familyOf, withListening } from "../sockets.ts";

const LIVE_INTERVAL = 200;

/** Sends back what arrives. */
export const echo: Command = {
  summary: "send every datagram back",
  usage: "[PORT] [options]",
  positionals: [0, 1],
  options: {
    ...LISTENING_ADDRESS,
    count: { type: "string", short: "c", value: "N", about: "end after N datagrams" },
    verbose: { type: "boolean", short: "v", about: "print each datagram" },
    ...FAMILY,
  },
  notes: [
    `Without a port the kernel chooses one. Datagrams from ports below ${LEAST_PORT} are ignored: a service there that`,
    "answers by itself would keep the two busy for ever. On an open network give --address.",
  ],
  async run(context) {
    const { args, report, signal } = context;
    const port = parsePort(args.positionals[0] ?? "0", 0);
    const address = args.text("address");
    const family = familyOf(address, args.family());
    const count = args.integer("count", 1);
    const verbose = args.flag("verbose");

    let answered = 0;
    let bytes = 0;
    let ignored = 0;
    let failed = 0;
    const peers = new Set<string>();
    const ending = new Ending(signal);
    const draw = (): void =>
      report.live(`${counted(answered, "datagram")}  ${grouped(bytes)} bytes  ${counted(peers.size, "peer")}`);
    let timer: ReturnType<typeof setInterval> | undefined;
    try {
      await withListening(context, { port, address, family }, (data, from, socket) => {
        if (answered === count) return;
        if (answersItself(from)) {
          ignored++;
          return;
        }
        answered++;
        bytes += data.length;
        if (peers.size < 10_000) peers.add(place(from.address, from.port));
        if (verbose) tellDatagram(report, "datagram", data, from, false);
        socket.send(data, from.port, from.address, (error) => {
          if (error) failed++;
        });
        if (answered === count) ending.reach();
      }, async (sockets) => {
        announce(sockets, { report, ending }, (places) => `echo on ${places}`);
        if (report.isLive) timer = setInterval(draw, LIVE_INTERVAL);
        await ending.promise;
      });
    } finally {
      clearInterval(timer);
      report.endLive();
      ending.reach();
    }
    report.tell(
      "summary",
      { answered, bytes, peers: peers.size, ignored, failed },
      `${counted(answered, "datagram")} of ${counted(peers.size, "peer")} sent back, ${grouped(bytes)} bytes` +
        (ignored ? `, ${grouped(ignored)} ignored` : "") + (failed ? `, ${grouped(failed)} failed` : ""),
    );
    return 0;
  },
};
