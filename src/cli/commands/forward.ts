import { announce } from "../announce.ts";
import { FAMILY, LISTENING_ADDRESS, parsePort } from "../arguments.ts";
import type { Command } from "../command.ts";
import { Ending } from "../ending.ts";
import { place, UsageError } from "../failure.ts";
import { counted, grouped } from "../figures.ts";
import { type ClientCounts, type Flow, Relay } from "../relay.ts";
import { familyOf, type Socket, withConnected, withListening } from "../sockets.ts";

const LIVE_INTERVAL = 200;
const MOST_CLIENTS = 500;
/** RFC 4787, 4.3: a NAT does not forget a UDP mapping within two minutes. */
const IDLE = 120_000;

const flowFields = ({ datagrams, bytes, dropped }: Flow): Flow => ({ datagrams, bytes, dropped });
const clientFields = ({ address, port, toTarget, toClient }: ClientCounts): Record<string, unknown> => ({
  address,
  port,
  toTarget: flowFields(toTarget),
  toClient: flowFields(toClient),
});

function flowText({ datagrams, bytes, dropped }: Flow): string {
  return `${counted(datagrams, "datagram")}, ${grouped(bytes)} bytes` +
    (dropped ? `, ${grouped(dropped)} dropped` : "");
}

/** Where the host is: its name is looked up once. A datagram that comes back to where it came in would go round for ever. */
interface Target {
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
  /** The address that this host sends from to there: the same if the target is this host. */
  readonly local: string;
}

function isOneOf(sockets: readonly Socket[], { address, port, family, local }: Target): boolean {
  // All of 127.0.0.0/8 is this host, which sends from 127.0.0.1 there.
  if (address !== local && !address.startsWith("127.")) return false;
  return sockets.map((socket) => socket.address()).some((own) =>
    own.port === port && own.family === `IPv${family}` && [address, "0.0.0.0", "::"].includes(own.address)
  );
}

/** Carries datagrams on. */
export const forward: Command = {
  summary: "carry datagrams on to a host and port, the answers back, and count them",
  usage: "PORT HOST HOST_PORT [options]",
  positionals: [3, 3],
  options: {
    ...LISTENING_ADDRESS,
    clients: { type: "string", short: "n", value: "N", about: `how many at once; ${MOST_CLIENTS} if left out` },
    idle: {
      type: "string",
      short: "t",
      value: "SECONDS",
      about: `forget a client after that time without a datagram; ${IDLE / 1000} if left out`,
    },
    verbose: { type: "boolean", short: "v", about: "print who comes and who is forgotten" },
    ...FAMILY,
  },
  notes: [
    "PORT 0 lets the kernel choose. Each client has a socket of its own towards the host: that sees as many ports as there",
    "are clients, at this host's address, and answers to a port go to its client. -4 and -6 choose the address of a HOST",
    "that is a name. When there are as many clients as may be, those that are new are not served until one is forgotten.",
  ],
  async run(context) {
    const { args, report, signal } = context;
    const [portText, host, hostPort] = args.positionals;
    const port = parsePort(portText, 0);
    const toPort = parsePort(hostPort);
    const asked = familyOf(host, args.family());
    const address = args.text("address");
    const listenFamily = familyOf(address, undefined);
    const clients = args.integer("clients", 1, 60_000) ?? MOST_CLIENTS;
    const idle = args.seconds("idle") ?? IDLE;
    const verbose = args.flag("verbose");

    const target = await withConnected(context, host, toPort, asked, (socket): Promise<Target> => {
      const { address, family } = socket.remoteAddress();
      const { address: local } = socket.address();
      return Promise.resolve({ address, port: toPort, family: family === "IPv6" ? 6 : 4, local });
    });
    const to = place(target.address, toPort);

    const relay = new Relay(context, {
      type: target.family === 6 ? "udp6" : "udp4",
      address: target.address,
      port: toPort,
      clients,
      idle,
      joined(client, localPort) {
        const { address, port } = client;
        report.tell(
          "client",
          { address, port, localPort },
          verbose ? `${place(address, port)}  comes, as port ${localPort}` : undefined,
        );
      },
      left(client) {
        const { address, port, toTarget, toClient } = client;
        const text = `${place(address, port)}  goes: ${flowText(toTarget)}; back ${flowText(toClient)}`;
        report.tell("left", clientFields(client), verbose ? text : undefined);
      },
    });
    const ending = new Ending(signal);
    const draw = (): void =>
      report.live(
        `${counted(relay.size, "client")}  ${grouped(relay.toTarget.datagrams)} there  ` +
          `${grouped(relay.toClient.datagrams)} back`,
      );
    let timer: ReturnType<typeof setInterval> | undefined;
    try {
      await withListening(context, { port, address, family: listenFamily }, (data, from, socket) => {
        relay.carry(data, from, socket);
      }, async (sockets) => {
        if (isOneOf(sockets, target)) throw new UsageError(`${to} is where this would listen itself`);
        announce(sockets, { report, ending }, (places) => `forwarding ${places} to ${to}`);
        if (report.isLive) timer = setInterval(draw, LIVE_INTERVAL);
        try {
          await ending.promise;
        } finally {
          report.endLive();
          await relay.end();
        }
      });
    } finally {
      clearInterval(timer);
      ending.reach();
      await relay.end();
    }
    const { toTarget, toClient, served, refused } = relay;
    report.tell(
      "summary",
      { clients: served, toTarget: flowFields(toTarget), toClient: flowFields(toClient), refused },
      `${counted(served, "client")}: ${flowText(toTarget)} to ${to}; ${flowText(toClient)} back` +
        (refused ? `; ${counted(refused, "datagram")} of clients that were not served` : ""),
    );
    return 0;
  },
};
