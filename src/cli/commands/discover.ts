import type { Buffer } from "node:buffer";
import { FAMILY, parsePort } from "../arguments.ts";
import type { Arguments } from "../arguments.ts";
import type { Command } from "../command.ts";
import { tellDatagram } from "../datagram_text.ts";
import { Ending } from "../ending.ts";
import { failureOf, place, RunError, UsageError } from "../failure.ts";
import { counted } from "../figures.ts";
import { chooseInterface, parseGroup, parseInterface } from "../membership.ts";
import { ALL_SERVICES, decodeAnswer, encodeQuery, MDNS } from "../mdns.ts";
import { payloadOf } from "../payload.ts";
import { printableText } from "../printable.ts";
import type { Report } from "../report.ts";
import { Seen } from "../seen.ts";
import { bind, familyOf, typeOf, withSocket } from "../sockets.ts";

interface Question {
  readonly group: string;
  readonly port: number;
  readonly data: Buffer;
}

function mdnsQuestion(args: Arguments): Question {
  if (args.positionals.length > 1) throw new UsageError("--mdns takes one name");
  if (args.flag("hex")) throw new UsageError("--mdns and --hex exclude each other");
  const [given = ALL_SERVICES] = args.positionals;
  const name = /\.local\.?$/i.test(given) ? given : `${given}.local`;
  const group = args.family() === 6 ? MDNS.group6 : MDNS.group4;
  return { group, port: parsePort(args.text("port") ?? `${MDNS.port}`), data: encodeQuery(name) };
}

function plainQuestion(args: Arguments): Question {
  const [group, port, ...words] = args.positionals;
  if (port === undefined) throw new UsageError("a group and a port are needed, or --mdns");
  if (args.text("port") !== undefined) throw new UsageError("--port is for --mdns");
  return { group: parseGroup(group), port: parsePort(port), data: payloadOf(words, args.flag("hex")) };
}

/** Tells an mDNS answer, each record once for each responder. */
function tellRecords(report: Report, responder: string, data: Buffer, seen: Seen): boolean {
  const records = decodeAnswer(data);
  if (!records) return false;
  for (const { name, type, value } of records) {
    if (!seen.add(`${responder} ${type} ${name} ${value}`)) continue;
    const shown = printableText(name === ALL_SERVICES ? value : `${name}  ${value}`);
    report.tell(
      "record",
      { responder, name, type, value },
      `${report.paint("bold", responder)}  ${report.paint("dim", type.padEnd(4))}  ${shown}`,
    );
  }
  return true;
}

/** Asks a multicast group. */
export const discover: Command = {
  summary: "ask a multicast group, and list who answers",
  usage: "GROUP PORT [TEXT …] [options]\n       discover --mdns [SERVICE] [options]",
  positionals: [0, Number.MAX_SAFE_INTEGER],
  options: {
    mdns: { type: "boolean", short: "m", about: "ask for the types of services, or for a SERVICE such as _http._tcp" },
    interface: { type: "string", short: "i", value: "INTERFACE", about: "its IPv4 address, or its name with --ipv6" },
    timeout: { type: "string", short: "t", value: "SECONDS", about: "how long to listen; 3 if left out" },
    count: { type: "string", short: "c", value: "N", about: "end after N responders" },
    ttl: { type: "string", value: "N", about: "hops that the question may take; 1, the link, if left out" },
    hex: { type: "boolean", short: "x", about: "TEXT is bytes in hexadecimal" },
    dump: { type: "boolean", short: "d", about: "show the answers' bytes in hexadecimal" },
    port: { type: "string", value: "PORT", about: `for --mdns; ${MDNS.port} if left out` },
    ...FAMILY,
  },
  notes: ["Answers are expected at the port that asks. The exit code is 1 if nobody answered."],
  async run(context) {
    const { args, dgram, report, signal } = context;
    const mdns = args.flag("mdns");
    const { group, port, data } = mdns ? mdnsQuestion(args) : plainQuestion(args);
    const family = familyOf(group, args.family()) ?? 4;
    const multicastInterface = parseInterface(args.text("interface"), family);
    const count = args.integer("count", 1);
    const timeout = args.seconds("timeout") ?? 3000;
    const ttl = args.integer("ttl", 0, 255);

    const full = (what: string) => (): void => {
      report.tell("full", { what });
      report.remark(`there are more ${what} than can be remembered: the rest is left out`);
    };
    const responders = new Seen(full("responders"));
    const seen = new Seen(full("records"));
    const target = place(group, port);
    await withSocket(context, { type: typeOf(family) }, async (socket) => {
      await bind(socket, signal, 0, family === 4 ? multicastInterface : undefined);
      const ending = new Ending(signal, timeout);
      try {
        chooseInterface(dgram, socket, multicastInterface);
        if (ttl !== undefined) socket.setMulticastTTL(ttl);
        socket.on("error", ending.fail);
        socket.on("message", (answer, from) => {
          const responder = place(from.address, from.port);
          // RFC 6762, 6: an answer leaves from the port that was asked.
          if (mdns && from.port !== port) return;
          if (mdns && !tellRecords(report, from.address, answer, seen)) return;
          if (!mdns) tellDatagram(report, "answer", answer, from, args.flag("dump"));
          responders.add(mdns ? from.address : responder);
          if (responders.size === count) ending.reach();
        });
        socket.send(data, port, group, (error) => {
          if (error) ending.fail(error);
          else report.remark(`asked ${target}`);
        });
        await ending.promise;
      } catch (error) {
        throw failureOf(error, target);
      } finally {
        ending.reach();
      }
    });
    report.tell("end", { responders: responders.size });
    report.remark(`${counted(responders.size, "responder")}`);
    if (responders.size < (count ?? 1) && !signal.aborted) {
      throw new RunError(
        responders.size ? `only ${counted(responders.size, "responder")} of ${count}` : `nobody answered on ${target}`,
      );
    }
    return 0;
  },
};
