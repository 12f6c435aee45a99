/** Scenarios: what a socket that watches for ICMP errors is told. */
import type { Play, PlayedSocket, Scenario } from "./play.ts";
import { ADDRESS, type HostName, SMALL_MTU } from "./stage.ts";

const PORT = 5000;
const HEADERS = { 4: 28, 6: 48 } as const;
const LONGEST = { 4: 65_507, 6: 65_527 } as const;

/** A socket on all addresses that watches. */
async function watcher(
  play: Play,
  host: HostName,
  type: string,
  name: string = host,
  port: number = PORT,
): Promise<PlayedSocket> {
  const address = type === "udp4" ? "0.0.0.0" : "::";
  const socket = await play.open(host, { type, receiveInfo: true }, { port, address }, name);
  await socket.call("watchIcmp");
  return socket;
}

export const icmp: readonly Scenario[] = [
  {
    name: "who watches is told which host refuses which datagram, connected or not, and no send fails for that",
    async play(play, family) {
      for (const to of ["b", "c", "router", "inner"] as const) {
        const asker = await watcher(play, "a", `udp${family}`, `asker of ${to}`);
        await asker.tell("unconnected", 9, ADDRESS[to][family]);
        await asker.tell({ size: 1200 }, 10, ADDRESS[to][family]);
        await asker.call("connectSync", 9, ADDRESS[to][family]);
        await asker.tell("connected");
        await asker.tell("");
        await asker.call("disconnect");
        await asker.tell("unconnected again", 9, ADDRESS[to][family]);
        await asker.call("unwatchIcmp");
        await asker.tell("not told", 9, ADDRESS[to][family]);
        await asker.call("close");
      }
    },
  },
  {
    name: "a host tells itself",
    async play(play, family) {
      const loopback = family === 4 ? "127.0.0.1" : "::1";
      const asker = await watcher(play, "a", `udp${family}`);
      for (const to of [loopback, ADDRESS.a[family]]) await asker.tell("to itself", 9, to);
    },
  },
  {
    name: "a udp6 socket is told of its IPv4 datagrams",
    families: [6],
    async play(play) {
      const asker = await watcher(play, "a", "udp6");
      for (const to of ["b", "c"] as const) await asker.tell("as IPv4", 9, `::ffff:${ADDRESS[to][4]}`);
      await asker.call("connectSync", 9, `::ffff:${ADDRESS.c[4]}`);
      await asker.tell("connected");
    },
  },
  {
    name: "of two sockets on a host the one that sent it is told, if it watches",
    async play(play, family) {
      const one = await watcher(play, "a", `udp${family}`, "one");
      const other = await watcher(play, "a", `udp${family}`, "other", PORT + 1);
      const plain = await play.open("a", `udp${family}`, { port: PORT + 2 }, "plain");
      for (const socket of [one, other, plain]) await socket.tell("hello", 9, ADDRESS.c[family]);
      await plain.call("connectSync", 9, ADDRESS.c[family]);
      await plain.tell("connected");
    },
  },
  {
    name: "a router tells who watches whose hop limit ran out there, and others nothing",
    async play(play, family) {
      const asker = await watcher(play, "a", `udp${family}`);
      await play.open("c", `udp${family}`, { port: PORT, address: family === 4 ? "0.0.0.0" : "::" });
      for (const hops of [1, 2]) {
        await asker.call("setTTL", hops);
        await asker.tell(`${hops} hops to somebody`, PORT, ADDRESS.c[family]);
        await asker.tell(`${hops} hops to nobody`, 9, ADDRESS.c[family]);
      }
      await asker.call("setTTL", 1);
      await asker.call("connectSync", PORT, ADDRESS.c[family]);
      await asker.tell("connected");
      await asker.call("disconnect");
      await asker.call("unwatchIcmp");
      await asker.tell("not told", PORT, ADDRESS.c[family]);
    },
  },
  {
    name: "the way from a router's inside is told with the router's address there",
    async play(play, family) {
      const asker = await watcher(play, "c", `udp${family}`);
      await asker.call("setTTL", 1);
      await asker.tell("one hop", 9, ADDRESS.a[family]);
      await asker.call("setTTL", 2);
      await asker.tell("two hops", 9, ADDRESS.a[family]);
      await asker.tell("to the router's other side", 9, ADDRESS.router[family]);
    },
  },
  {
    name: "who watches is told the MTU of what is too long behind a router, and of what this host knows to be too long",
    learns: true,
    async play(play, family) {
      const asker = await watcher(play, "a", `udp${family}`);
      await play.open("c", `udp${family}`, { port: PORT, address: family === 4 ? "0.0.0.0" : "::" });
      await asker.tell({ size: 1400 }, PORT, ADDRESS.c[family]);
      await asker.tell({ size: 1400 }, PORT, ADDRESS.c[family]);
      await asker.call("setDontFragment", true);
      const fitting = SMALL_MTU - HEADERS[family];
      await asker.tell({ size: fitting }, PORT, ADDRESS.c[family]);
      await asker.tell({ size: fitting + 1 }, PORT, ADDRESS.c[family]);
      await asker.tell({ size: 1501 - HEADERS[family] }, PORT, ADDRESS.b[family]);
      await asker.call("connectSync", PORT, ADDRESS.c[family]);
      await asker.tell({ size: fitting + 1 });
    },
  },
  {
    name: "what is too long for a path is told to who is connected, by both ways",
    learns: true,
    async play(play, family) {
      const asker = await watcher(play, "a", `udp${family}`);
      await play.open("c", `udp${family}`, { port: PORT, address: family === 4 ? "0.0.0.0" : "::" });
      await asker.call("connectSync", PORT, ADDRESS.c[family]);
      await asker.tell({ size: 1400 });
      await asker.call("getPathMTU");
      await asker.tell({ size: 1400 });
    },
  },
  {
    name: "what no datagram has room for is told with the MTU",
    async play(play, family) {
      const asker = await watcher(play, "a", `udp${family}`);
      for (const size of [LONGEST[family] + 1, 65_535, 65_536]) await asker.tell({ size }, PORT, ADDRESS.b[family]);
    },
  },
  {
    name: "who watches is told of a way that is prohibited",
    async play(play, family) {
      const asker = await watcher(play, "a", `udp${family}`);
      const open = await play.change("the router prohibits c");
      await asker.tell("prohibited", 9, ADDRESS.c[family]);
      await asker.call("connectSync", 9, ADDRESS.c[family]);
      await asker.tell("connected");
      await open();
    },
  },
  {
    name: "an error finds its way back through a NAT",
    families: [4],
    async play(play) {
      const asker = await watcher(play, "d", "udp4", "d", play.port);
      for (const to of ["a", "c", "nat"] as const) await asker.tell("inside", 9, ADDRESS[to][4]);
      for (const hops of [1, 2]) {
        await asker.call("setTTL", hops);
        await asker.tell(`${hops} hops`, 9, ADDRESS.c[4]);
      }
    },
  },
];
