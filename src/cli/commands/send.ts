import type { Buffer } from "node:buffer";
import { FAMILY, parsePort } from "../arguments.ts";
import type { Command, Context } from "../command.ts";
import { tellDatagram } from "../datagram_text.ts";
import { Ending, pause } from "../ending.ts";
import { explain, failureOf, place, RunError } from "../failure.ts";
import { counted, grouped } from "../figures.ts";
import { IP_HEADER, ipHeaderOf, setIPHeader } from "../ip_header.ts";
import { chooseInterface, isGroup, parseInterface } from "../membership.ts";
import { payloadOf, payloadsFrom } from "../payload.ts";
import type { Input } from "../streams.ts";
import {
  bind,
  familyOf,
  parseSource,
  type Socket,
  type Source,
  typeOf,
  withConnected,
  withSocket,
} from "../sockets.ts";

/** What leaves, read from the arguments or from standard input. */
interface Outgoing {
  readonly words: readonly string[];
  /** Undefined if there are words. */
  readonly input: Input | undefined;
}

/** Where it leaves for. */
interface Target {
  readonly host: string;
  readonly port: number;
  readonly connected: boolean;
}

function outgoing({ args, stdin }: Context): Outgoing {
  const words = args.positionals.slice(2);
  return { words, input: words.length ? undefined : stdin() };
}

/** Each payload as often as was asked. */
async function* payloads({ args, signal }: Context, { words, input }: Outgoing): AsyncGenerator<Buffer> {
  const count = args.integer("count", 1) ?? 1;
  const interval = args.seconds("interval") ?? 0;
  const source = input
    ? payloadsFrom(input, args.flag("lines") || input.isTTY === true, signal)
    : [payloadOf(words, args.flag("hex"))];
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

/** False if the interrupt came before its end, which may wait for a look-up. */
async function sendTo(socket: Socket, payload: Buffer, to: Target, signal: AbortSignal): Promise<boolean> {
  const { host, port, connected } = to;
  const ending = new Ending(signal);
  let sent = false;
  const done = (error: Error | null): void => {
    sent = error === null;
    if (error) ending.fail(error);
    else ending.reach();
  };
  if (connected) socket.send(payload, done);
  else socket.send(payload, port, host, done);
  await ending.promise;
  return sent;
}

/** The error of a datagram that was not to be fragmented, with what the kernel knows of the path. */
function tooLong(socket: Socket, size: number, error: unknown): unknown {
  if ((error as { code?: unknown }).code !== "EMSGSIZE") return error;
  try {
    const mtu = socket.getPathMTU();
    return new RunError(`${counted(size, "byte")} need fragments: the path's MTU is ${mtu} (EMSGSIZE)`);
  } catch {
    return error;
  }
}

/** Sends them one after the other, and then waits for answers. */
async function exchange(context: Context, socket: Socket, to: Target): Promise<number> {
  const { args, report, signal } = context;
  const from = outgoing(context);
  const typed = from.input?.isTTY === true;
  const wait = args.seconds("wait");
  const wanted = args.integer("replies", 1);
  const target = place(to.host, to.port);
  let sent = 0;
  let bytes = 0;
  let failed = 0;
  let replies = 0;
  let refused: unknown;
  let ending: Ending | undefined;

  socket.on("message", (data, sender) => {
    // Who types looks at the answers meanwhile.
    if ((wait === undefined && !typed) || replies === wanted) return;
    replies++;
    tellDatagram(report, "reply", data, sender, args.flag("dump"));
    if (replies === wanted) ending?.reach();
  });
  socket.on("error", (error) => {
    // Who types may go on: the other side may come up again.
    if (typed) return report.remark(explain(error, target));
    refused ??= error;
    ending?.fail(error);
  });
  if (typed) report.remark(`each line is a datagram to ${target}; Ctrl-D ends`);
  try {
    for await (const payload of payloads(context, from)) {
      try {
        if (!await sendTo(socket, payload, to, signal)) break;
        sent++;
        bytes += payload.length;
      } catch (error) {
        const failure = args.flag("dont-fragment") ? tooLong(socket, payload.length, error) : error;
        if (!typed) throw failure;
        failed++;
        report.remark(explain(failure, target));
      }
    }
    report.tell("sent", { datagrams: sent, bytes, address: to.host, port: to.port });
    report.remark(`${counted(sent, "datagram")} sent to ${target}, ${grouped(bytes)} bytes`);
    if (failed) return 1;
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

/** Where it is to leave from: for a multicast an address of the interface does on IPv4. */
function sourceOf({ args }: Context, family: 4 | 6 | undefined, multicastInterface: string | undefined): Source {
  const given = args.text("from");
  if (given !== undefined) return parseSource(given);
  return { address: family === 6 ? undefined : multicastInterface, port: 0 };
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
    lines: { type: "boolean", short: "l", about: "each line of standard input is a datagram, as on a terminal" },
    from: {
      type: "string",
      short: "f",
      value: "ADDRESS",
      about: "the address, the port (:PORT) or both (ADDRESS:PORT) to send from",
    },
    ...IP_HEADER,
    broadcast: { type: "boolean", short: "b", about: "HOST is a broadcast address" },
    interface: {
      type: "string",
      short: "i",
      value: "INTERFACE",
      about: "for a multicast HOST: its IPv4 address, or its name",
    },
    ...FAMILY,
  },
  notes: [
    "Without TEXT, standard input is sent: as one datagram, or from a terminal line by line. -- ends the options, for a",
    "TEXT that begins with a dash. What is sent need not arrive: only an answer shows that it did. The exit code is 1",
    "if --wait ends without an answer, or before N of them.",
  ],
  async run(context) {
    const { args } = context;
    const [host, portText] = args.positionals;
    const port = parsePort(portText);
    const broadcast = args.flag("broadcast");
    const multicast = isGroup(host);
    const header = ipHeaderOf(args, multicast);
    const asked = familyOf(host, args.family());
    // The answers to a broadcast or a multicast come from elsewhere: a connected socket would not hear them.
    const connected = !broadcast && !multicast;
    const multicastInterface = connected ? undefined : parseInterface(args.text("interface"), asked ?? 4);
    const source = sourceOf(context, asked, multicastInterface);
    const family = familyOf(source.address, asked);
    // All that could be wrong is looked at before anything is sent.
    args.integer("count", 1), args.seconds("interval"), args.integer("replies", 1), args.seconds("wait");
    payloadOf(args.positionals.slice(2), args.flag("hex"));

    const run = async (socket: Socket): Promise<number> => {
      try {
        if (broadcast) socket.setBroadcast(true);
        if (multicast) chooseInterface(context.dgram, socket, multicastInterface);
        setIPHeader(socket, header, multicast);
      } catch (error) {
        throw failureOf(error, host);
      }
      return await exchange(context, socket, { host, port, connected });
    };
    if (connected) return await withConnected(context, host, port, family, run, source);
    return await withSocket(context, { type: typeOf(family) }, async (socket) => {
      await bind(socket, context.signal, source.port, source.address);
      return await run(socket);
    });
  },
};
