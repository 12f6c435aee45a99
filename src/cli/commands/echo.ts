import { FAMILY, parsePort } from "../arguments.ts";
import type { Command } from "../command.ts";
import { tellDatagram } from "../datagram_text.ts";
import { Ending } from "../ending.ts";
import { place } from "../failure.ts";
import { counted, grouped } from "../figures.ts";
import { bind, familyOf, typeOf, withSocket } from "../sockets.ts";

/** The services that answer by themselves (echo, chargen, DNS) listen below: two of them would never stop. */
const LEAST_PORT = 1024;
const LIVE_INTERVAL = 200;

/** Sends back what arrives. */
export const echo: Command = {
  summary: "send every datagram back",
  usage: "[PORT] [options]",
  positionals: [0, 1],
  options: {
    address: { type: "string", short: "a", value: "ADDRESS", about: "the local address; all if left out" },
    count: { type: "string", short: "c", value: "N", about: "end after N datagrams" },
    verbose: { type: "boolean", short: "v", about: "print each datagram" },
    ...FAMILY,
  },
  notes: [
    "Without a port the kernel chooses one. Datagrams from ports below 1024 are ignored: a service there that answers",
    "by itself would keep the two busy for ever. On an open network give --address.",
  ],
  async run({ args, report, signal }) {
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
    await withSocket({ type: typeOf(family) }, async (socket) => {
      const ending = new Ending(signal);
      const draw = (): void =>
        report.live(`${counted(answered, "datagram")}  ${grouped(bytes)} bytes  ${counted(peers.size, "peer")}`);
      let timer: ReturnType<typeof setInterval> | undefined;
      try {
        socket.on("message", (data, from) => {
          if (answered === count) return;
          if (from.port < LEAST_PORT) {
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
        });
        await bind(socket, signal, port, address);
        socket.on("error", ending.fail);
        const local = socket.address();
        report.tell("listening", { ...local });
        report.remark(`echo on ${place(local.address, local.port)}`);
        if (report.isLive) timer = setInterval(draw, LIVE_INTERVAL);
        await ending.promise;
      } finally {
        clearInterval(timer);
        report.endLive();
        ending.reach();
      }
    });
    report.tell(
      "summary",
      { answered, bytes, peers: peers.size, ignored, failed },
      `${counted(answered, "datagram")} of ${counted(peers.size, "peer")} sent back, ${grouped(bytes)} bytes` +
        (ignored ? `, ${grouped(ignored)} ignored` : "") + (failed ? `, ${grouped(failed)} failed` : ""),
    );
    return 0;
  },
};
