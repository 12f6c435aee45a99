import { announce } from "../announce.ts";
import { Buffer } from "node:buffer";
import type { RemoteInfo } from "../../../mod.ts";
import { FAMILY, LISTENING_ADDRESS, parsePort } from "../arguments.ts";
import { CaptureFile } from "../capture_file.ts";
import type { Command, Context } from "../command.ts";
import { tellDatagram } from "../datagram_text.ts";
import { Ending } from "../ending.ts";
import { explain, place } from "../failure.ts";
import { counted } from "../figures.ts";
import { join, parseGroup, parseInterface } from "../membership.ts";
import { payloadsFrom } from "../payload.ts";
import { answersItself, LEAST_PORT } from "../service_ports.ts";
import { familyOf, type Socket, withListening } from "../sockets.ts";

/** What is sent back, and to whom. */
class Replies {
  readonly #context: Context;
  readonly #text: string | undefined;
  #last: { socket: Socket; from: RemoteInfo } | undefined;

  constructor(context: Context) {
    this.#context = context;
    this.#text = context.args.text("reply");
  }

  /** Remembers who wrote, and answers if there is a fixed answer. */
  heard(socket: Socket, from: RemoteInfo): void {
    this.#last = { socket, from };
    if (this.#text === undefined || this.#text === "-" || answersItself(from)) return;
    this.#send(Buffer.from(this.#text));
  }

  /** Sends each line of standard input to who wrote last, until there is no more or the signal comes. */
  async talk(signal: AbortSignal): Promise<void> {
    if (this.#text !== "-") return;
    const { report, stdin } = this.#context;
    for await (const line of payloadsFrom(stdin(), true, signal)) {
      if (this.#last) this.#send(line);
      else report.remark("nobody has written yet");
    }
  }

  #send(data: Buffer): void {
    const { socket, from: { address, port } } = this.#last!;
    const { report } = this.#context;
    // Port 0 is legal as a sender's, and can't be answered.
    if (port === 0) return;
    socket.send(data, port, address, (error) => {
      if (error) report.remark(`not answered: ${explain(error, place(address, port))}`);
      report.tell("replied", { address, port, size: data.length, code: codeOf(error) });
    });
  }
}

const codeOf = (error: (Error & { code?: string }) | null): string | undefined => error?.code;

/** Prints what arrives. */
export const listen: Command = {
  summary: "print the datagrams that arrive, and answer them",
  usage: "[PORT] [options]",
  positionals: [0, 1],
  options: {
    ...LISTENING_ADDRESS,
    reply: {
      type: "string",
      short: "r",
      value: "TEXT",
      about: "answer each with TEXT; with -, the last one with each line of standard input",
    },
    group: { type: "string", short: "g", value: "GROUP", about: "join a multicast group" },
    interface: {
      type: "string",
      short: "i",
      value: "INTERFACE",
      about: "for the group: its IPv4 address, or its name",
    },
    count: { type: "string", short: "c", value: "N", about: "end after N datagrams" },
    timeout: { type: "string", short: "t", value: "SECONDS", about: "end after that time" },
    pcap: { type: "string", short: "w", value: "FILE", about: "capture what comes and what is answered, as pcapng" },
    hex: { type: "boolean", short: "x", about: "show the bytes in hexadecimal" },
    ...FAMILY,
  },
  notes: [
    "Without a port the kernel chooses one. The exit code is 1 if the time ended before N datagrams came. `echo` is what",
    `answers with what came. A TEXT is not sent to ports below ${LEAST_PORT}: a service there may answer it for ever.`,
  ],
  async run(context) {
    const { args, report, signal } = context;
    const port = parsePort(args.positionals[0] ?? "0", 0);
    const given = args.text("group");
    const group = given === undefined ? undefined : parseGroup(given);
    const address = args.text("address");
    // A group is of one family, and so is a socket that hears it.
    const family = familyOf(address, familyOf(group, args.family()));
    const multicastInterface = parseInterface(args.text("interface"), family ?? 4);
    const count = args.integer("count", 1);
    const timeout = args.seconds("timeout");
    const hex = args.flag("hex");
    const replies = new Replies(context);
    const path = args.text("pcap");
    const file = path === undefined ? undefined : await CaptureFile.create(path);
    const ending = new Ending(signal, timeout);
    const made = (socket: Socket): void => file?.add(socket, ending.fail);

    let received = 0;
    const talk = new AbortController();
    try {
      await withListening(
        context,
        { port, address, family, reuseAddr: group !== undefined, made },
        (data, from, socket) => {
          if (received === count) return;
          received++;
          tellDatagram(report, "datagram", data, from, hex);
          replies.heard(socket, from);
          if (received === count) ending.reach();
        },
        async (sockets) => {
          const words = (places: string): string => `listening on ${places}${group ? ` for ${group}` : ""}`;
          announce(sockets, { report, ending }, words, (socket) => {
            if (group !== undefined) join(socket, group, multicastInterface);
          });
          // The input may end before: what comes is printed all the same.
          replies.talk(talk.signal).catch(ending.fail);
          await ending.promise;
        },
      );
    } finally {
      ending.reach();
      talk.abort();
      await file?.end();
    }
    report.tell("end", { received });
    if (signal.aborted) report.remark(`${counted(received, "datagram")} received`);
    return count !== undefined && received < count ? 1 : 0;
  },
};
