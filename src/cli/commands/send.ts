import type { Buffer } from "node:buffer";
import type { Socket } from "../../../mod.ts";
import { FAMILY, parsePort } from "../arguments.ts";
import type { Command, Context } from "../command.ts";
import { tellDatagram } from "../datagram_text.ts";
import { Ending, pause } from "../ending.ts";
import { failureOf, place, RunError } from "../failure.ts";
import { counted, grouped } from "../figures.ts";
import { chooseInterface, isGroup, parseInterface } from "../membership.ts";
import { payloadOf, payloadsFrom } from "../payload.ts";
import { bind, familyOf, typeOf, withConnected, withSocket } from "../sockets.ts";

/** What leaves: each payload as often as was asked. */
async function* payloads({ args, signal, stdin }: Context): AsyncGenerator<Buffer> {
  const words = args.positionals.slice(2);
  const hex = args.flag("hex");
  const count = args.integer("count", 1) ?? 1;
  const interval = args.seconds("interval") ?? 0;
  const source = words.length ? [payloadOf(words, hex)] : payloadsFrom(stdin(), args.flag("lines"), signal);
  let first = true;
  for await (const payload of source) {
    for (let sent = 0; sent < count; sent++) {
      if (!first && interval) await pause(interval, signal);
      if (signal.aborted) return;
      first = false;
      yield payload;
    }
  }
}

/** Sends them one after the other, and then waits for answers. */
async function exchange(
  context: Context,
  socket: Socket,
  to: string,
  toPort: number,
  connected: boolean,
): Promise<number> {
  const { args, report, signal } = context;
  const wait = args.seconds("wait");
  const wanted = args.integer("replies", 1);
  const target = place(to, toPort);
  let sent = 0;
  let bytes = 0;
  let replies = 0;
  let refused: unknown;
  let ending: Ending | undefined;

  socket.on("message", (data, from) => {
    if (wait === undefined || replies === wanted) return;
    replies++;
    tellDatagram(report, "reply", data, from, args.flag("dump"));
    if (replies === wanted) ending?.reach();
  });
  socket.on("error", (error) => {
    refused ??= error;
    ending?.fail(error);
  });
  try {
    for await (const payload of payloads(context)) {
      await new Promise<void>((resolve, reject) => {
        const done = (error: Error | null): void => error ? reject(error) : resolve();
        if (connected) socket.send(payload, done);
        else socket.send(payload, toPort, to, done);
      });
      sent++;
      bytes += payload.length;
    }
    report.tell("sent", { datagrams: sent, bytes, address: to, port: toPort });
    report.remark(`${counted(sent, "datagram")} sent to ${target}, ${grouped(bytes)} bytes`);
    if (wait === undefined || signal.aborted || replies === wanted) return 0;
    if (refused) throw refused;
    ending = new Ending(signal, wait);
    await ending.promise;
  } catch (error) {
    throw failureOf(error, target);
  }
  if (signal.aborted || replies >= (wanted ?? 1)) return 0;
  throw new RunError(
    `${replies ? `only ${counted(replies, "answer")}` : "no answer"} from ${target} within ${wait / 1000} s`,
  );
}

/** Sends datagrams. */
export const send: Command = {
  summary: "send datagrams, and print the answers",
  usage: "HOST PORT [TEXT …] [options]",
  positionals: [2, Number.MAX_SAFE_INTEGER],
  options: {
    wait: { type: "string", short: "w", value: "SECONDS", about: "wait that long for answers and print them" },
    replies: { type: "string", short: "r", value: "N", about: "with --wait: end after N answers" },
    count: { type: "string", short: "c", value: "N", about: "send each datagram N times" },
    interval: { type: "string", short: "n", value: "SECONDS", about: "time between two datagrams" },
    hex: { type: "boolean", short: "x", about: "TEXT is bytes in hexadecimal" },
    dump: { type: "boolean", short: "d", about: "show the answers' bytes in hexadecimal" },
    lines: { type: "boolean", short: "l", about: "each line of standard input is a datagram" },
    broadcast: { type: "boolean", short: "b", about: "HOST is a broadcast address" },
    interface: {
      type: "string",
      short: "i",
      value: "INTERFACE",
      about: "for a multicast HOST: its IPv4 address, or its name",
    },
    ttl: { type: "string", value: "N", about: "hops that a multicast datagram may take; 1 if left out" },
    ...FAMILY,
  },
  notes: [
    "Without TEXT, standard input is sent. What is sent need not arrive: only an answer shows that it did. The exit",
    "code is 1 if --wait ends without an answer, or before N of them.",
  ],
  async run(context) {
    const { args, signal } = context;
    const [host, portText] = args.positionals;
    const port = parsePort(portText);
    const family = familyOf(host, args.family());
    const broadcast = args.flag("broadcast");
    const ttl = args.integer("ttl", 0, 255);
    // All that could be wrong is looked at before anything is sent.
    args.integer("count", 1), args.seconds("interval"), args.integer("replies", 1), args.seconds("wait");
    payloadOf(args.positionals.slice(2), args.flag("hex"));

    // The answers to a broadcast or a multicast come from elsewhere: a connected socket would not hear them.
    if (!broadcast && !isGroup(host)) {
      return await withConnected(signal, host, port, family, (socket) => exchange(context, socket, host, port, true));
    }
    const multicastInterface = parseInterface(args.text("interface"), family ?? 4);
    return await withSocket({ type: typeOf(family) }, async (socket) => {
      await bind(socket, signal, 0, family === 6 ? undefined : multicastInterface);
      try {
        if (broadcast) socket.setBroadcast(true);
        else chooseInterface(socket, multicastInterface);
        if (ttl !== undefined) socket.setMulticastTTL(ttl);
      } catch (error) {
        throw failureOf(error, host);
      }
      return await exchange(context, socket, host, port, false);
    });
  },
};
