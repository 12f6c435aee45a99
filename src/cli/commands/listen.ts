import { FAMILY, parsePort } from "../arguments.ts";
import type { Command } from "../command.ts";
import { tellDatagram } from "../datagram_text.ts";
import { Ending } from "../ending.ts";
import { place } from "../failure.ts";
import { counted } from "../figures.ts";
import { join, parseGroup, parseInterface } from "../membership.ts";
import { bind, familyOf, typeOf, withSocket } from "../sockets.ts";

/** Prints what arrives. */
export const listen: Command = {
  summary: "print the datagrams that arrive",
  usage: "[PORT] [options]",
  positionals: [0, 1],
  options: {
    address: { type: "string", short: "a", value: "ADDRESS", about: "the local address; all if left out" },
    group: { type: "string", short: "g", value: "GROUP", about: "join a multicast group" },
    interface: {
      type: "string",
      short: "i",
      value: "INTERFACE",
      about: "for the group: its IPv4 address, or its name",
    },
    count: { type: "string", short: "c", value: "N", about: "end after N datagrams" },
    timeout: { type: "string", short: "t", value: "SECONDS", about: "end after that time" },
    hex: { type: "boolean", short: "x", about: "show the bytes in hexadecimal" },
    ...FAMILY,
  },
  notes: ["Without a port the kernel chooses one. The exit code is 1 if the time ended before N datagrams came."],
  async run({ args, report, signal }) {
    const port = parsePort(args.positionals[0] ?? "0", 0);
    const given = args.text("group");
    const group = given === undefined ? undefined : parseGroup(given);
    const address = args.text("address");
    const family = familyOf(address, familyOf(group, args.family()));
    const multicastInterface = parseInterface(args.text("interface"), family ?? 4);
    const count = args.integer("count", 1);
    const timeout = args.seconds("timeout");
    const hex = args.flag("hex");

    let received = 0;
    await withSocket({ type: typeOf(family), reuseAddr: group !== undefined }, async (socket) => {
      const ending = new Ending(signal, timeout);
      try {
        socket.on("message", (data, from) => {
          if (received === count) return;
          received++;
          tellDatagram(report, "datagram", data, from, hex);
          if (received === count) ending.reach();
        });
        await bind(socket, signal, port, address);
        socket.on("error", ending.fail);
        if (group !== undefined) join(socket, group, multicastInterface);
        const local = socket.address();
        report.tell("listening", { ...local });
        report.remark(`listening on ${place(local.address, local.port)}${group ? ` for ${group}` : ""}`);
        await ending.promise;
      } finally {
        ending.reach();
      }
    });
    report.tell("end", { received });
    if (signal.aborted) report.remark(`${counted(received, "datagram")} received`);
    return count !== undefined && received < count ? 1 : 0;
  },
};
