/** Scenarios: what is too long for a way, and what has too few hops for it. */
import type { Scenario } from "./play.ts";
import { ADDRESS, SMALL_MTU } from "./stage.ts";

const PORT = 5000;
const HEADERS = { 4: 28, 6: 48 } as const;
const any = (family: 4 | 6, port = PORT): object => ({ port, address: family === 4 ? "0.0.0.0" : "::" });

export const ways: readonly Scenario[] = [
  {
    name: "what is longer than the link comes in pieces, up to the longest datagram there is",
    async play(play, family) {
      const [a, b] = [
        await play.open("a", `udp${family}`, any(family)),
        await play.open("b", `udp${family}`, any(family)),
      ];
      await b.call("setRecvBufferSize", 400_000);
      const longest = { 4: 65_507, 6: 65_527 }[family];
      for (const size of [0, 1500 - HEADERS[family], 1501 - HEADERS[family], 9000, longest, longest + 1]) {
        await a.tell({ size }, PORT, ADDRESS.b[family]);
      }
    },
  },
  {
    name: "what is longer than a link behind a router is an EMSGSIZE to who is connected, and the next one is cut",
    learns: true,
    async play(play, family) {
      const [a, c] = [
        await play.open("a", `udp${family}`, any(family)),
        await play.open("c", `udp${family}`, any(family)),
      ];
      await a.call("connectSync", PORT, ADDRESS.c[family]);
      await a.call("getPathMTU");
      const fitting = SMALL_MTU - HEADERS[family];
      await a.tell({ size: fitting });
      await a.tell({ size: fitting + 1 });
      await a.call("getPathMTU");
      await a.tell({ size: fitting + 1 });
      await a.tell({ size: 9000 });
      await c.tell({ size: 9000 }, PORT, ADDRESS.a[family]);
    },
  },
  {
    name: "an unconnected socket is told nothing of what is too long behind a router, and the next one is cut",
    learns: true,
    async play(play, family) {
      const a = await play.open("a", `udp${family}`, any(family));
      await play.open("c", `udp${family}`, any(family));
      for (let sent = 0; sent < 2; sent++) await a.tell({ size: 1400 }, PORT, ADDRESS.c[family]);
      const connected = await play.open("a", `udp${family}`, any(family, 5001), "connected");
      await connected.call("connectSync", PORT, ADDRESS.c[family]);
      await connected.call("getPathMTU");
      await connected.tell({ size: 1400 });
    },
  },
  {
    name: "of two sockets that speak to a peer, the one that sent what was too long is told",
    learns: true,
    async play(play, family) {
      await play.open("c", `udp${family}`, any(family));
      const [one, other] = [
        await play.open("a", `udp${family}`, any(family), "one"),
        await play.open("a", `udp${family}`, any(family, 5001), "other"),
      ];
      for (const socket of [one, other]) await socket.call("connectSync", PORT, ADDRESS.c[family]);
      await one.tell({ size: 1400 });
      for (const socket of [one, other]) await socket.call("getPathMTU");
      await other.tell({ size: 1400 });
    },
  },
  {
    name: "a way of fewer bytes is known of one address, and of no other",
    learns: true,
    async play(play, family) {
      const a = await play.open("a", `udp${family}`, any(family));
      await a.tell({ size: 1400 }, PORT, ADDRESS.c[family]);
      for (const to of ["c", "inner", "b"] as const) {
        const socket = await play.open("a", `udp${family}`, any(family, 0), to);
        await socket.call("connectSync", PORT, ADDRESS[to][family]);
        await socket.call("getPathMTU");
      }
    },
  },
  {
    name: "what must not be cut is refused where it is known to be too long",
    learns: true,
    async play(play, family) {
      const [a, c] = [
        await play.open("a", `udp${family}`, any(family)),
        await play.open("c", `udp${family}`, any(family)),
      ];
      const fitting = SMALL_MTU - HEADERS[family];
      await a.call("setDontFragment", true);
      await a.tell({ size: 1501 - HEADERS[family] }, PORT, ADDRESS.c[family]);
      await a.tell({ size: 1500 - HEADERS[family] }, PORT, ADDRESS.c[family]);
      await a.tell({ size: fitting + 1 }, PORT, ADDRESS.c[family]);
      await a.tell({ size: fitting }, PORT, ADDRESS.c[family]);
      await a.call("connectSync", PORT, ADDRESS.c[family]);
      await a.call("getPathMTU");
      await a.tell({ size: fitting + 1 });
      await a.call("setDontFragment", false);
      await a.tell({ size: fitting + 1 });
      await c.call("setDontFragment", true);
      await c.tell({ size: fitting + 1 }, PORT, ADDRESS.a[family]);
      await c.tell({ size: fitting }, PORT, ADDRESS.a[family]);
    },
  },
  {
    name: "what may be cut by routers is, and its sender told nothing",
    learns: true,
    async play(play, family) {
      const a = await play.open("a", `udp${family}`, any(family));
      await play.open("c", `udp${family}`, any(family));
      await a.call("setDontFragment", false);
      await a.call("connectSync", PORT, ADDRESS.c[family]);
      for (let sent = 0; sent < 2; sent++) await a.tell({ size: 1400 });
      await a.call("getPathMTU");
      await a.tell({ size: 20_000 });
    },
  },
  {
    name: "a router takes one from the hop limit, and what has none left is lost without a word",
    async play(play, family) {
      const a = await play.open("a", `udp${family}`, any(family));
      for (const to of ["b", "c", "router"] as const) {
        const options = { type: `udp${family}`, receiveInfo: true };
        const { name } = await play.open(to, options, any(family));
        for (const hops of [64, 1, 2, 255]) {
          await a.call("setTTL", hops);
          await a.tell(`${hops} to ${name}`, PORT, ADDRESS[to][family]);
        }
      }
      const connected = await play.open("a", `udp${family}`, any(family, 5001), "connected");
      await connected.call("connectSync", PORT, ADDRESS.c[family]);
      await connected.call("setTTL", 1);
      for (let sent = 0; sent < 2; sent++) await connected.tell("too few");
      await connected.call("setTTL", 2);
      await connected.tell("enough");
      await connected.call("setTTL", 1);
      await connected.call("disconnect");
      await connected.call("connectSync", PORT, ADDRESS.inner[family]);
      await connected.tell("the router's other side is not behind it");
    },
  },
  {
    name: "a host takes what is for an address of any of its interfaces, and answers from there",
    async play(play, family) {
      const options = { type: `udp${family}`, receiveInfo: true };
      const a = await play.open("a", options, any(family));
      const router = await play.open("router", options, any(family));
      for (const to of ["router", "inner"] as const) {
        await a.tell(to, PORT, ADDRESS[to][family]);
        await router.tell(`${to} answers`, PORT, ADDRESS.a[family]);
      }
      const bound = await play.open("router", options, { port: 5001, address: ADDRESS.inner[family] }, "inner");
      await bound.tell("from inside", PORT, ADDRESS.a[family]);
      await a.tell("to inside", 5001, ADDRESS.inner[family]);
      await a.tell("to outside", 5001, ADDRESS.router[family]);
      const c = await play.open("c", options, any(family));
      await router.tell("to c", PORT, ADDRESS.c[family]);
      await bound.tell("from inside to c", PORT, ADDRESS.c[family]);
      await c.tell("to the router's other side", PORT, ADDRESS.router[family]);
    },
  },
  {
    name: "traffic class and ECN marks come through a router as they were sent",
    async play(play, family) {
      const a = await play.open("a", `udp${family}`, any(family));
      await play.open("c", { type: `udp${family}`, receiveInfo: true }, any(family));
      for (const value of [0, 1, 0xb8, 0xbb, 255]) {
        await a.call("setTrafficClass", value);
        await a.tell(`class ${value}`, PORT, ADDRESS.c[family]);
      }
    },
  },
];
