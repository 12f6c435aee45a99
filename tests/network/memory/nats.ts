/** Scenarios: what Linux's masquerading does, which is `kind: "masquerade"` in memory. */
import type { Scenario } from "./play.ts";
import { ADDRESS } from "./stage.ts";

const any = (family: 4 | 6, port: number): object => ({ port, address: family === 4 ? "0.0.0.0" : "::" });

export const nats: readonly Scenario[] = [
  {
    name: "what leaves has the NAT's address and its own port, whoever it is for, and answers come back",
    async play(play, family) {
      const { port } = play;
      const d = await play.open("d", { type: `udp${family}`, receiveInfo: true }, any(family, port));
      for (const to of ["a", "b", "c", "router"] as const) {
        const peer = await play.open(to, { type: `udp${family}`, receiveInfo: true }, any(family, port));
        await d.tell(`to ${to}`, port, ADDRESS[to][family]);
        await peer.tell(`from ${to}`, port, ADDRESS.nat[family]);
      }
    },
  },
  {
    name: "what nobody has asked for is refused, from a peer's other port and from others",
    async play(play, family) {
      const { port } = play;
      const d = await play.open("d", `udp${family}`, any(family, port));
      const a = await play.open("a", `udp${family}`, any(family, port));
      const other = await play.open("a", `udp${family}`, any(family, port + 1000), "another port");
      const b = await play.open("b", `udp${family}`, any(family, port));
      await b.call("connectSync", port, ADDRESS.nat[family]);
      await b.tell("before anything was sent");
      await d.tell("hello", port, ADDRESS.a[family]);
      await a.tell("an answer", port, ADDRESS.nat[family]);
      await other.call("connectSync", port, ADDRESS.nat[family]);
      await other.tell("from another port");
      await b.tell("from another host");
    },
  },
  {
    name: "an address behind it is not to be had from outside",
    async play(play, family) {
      const { port } = play;
      await play.open("d", `udp${family}`, any(family, port));
      const b = await play.open("b", `udp${family}`, any(family, port));
      await b.call("connectSync", port, ADDRESS.d[family]);
      await b.tell("nobody knows the way");
      await b.tell("still not");
    },
  },
  {
    name: "two inside ends of one port are told apart by their peers, where these differ",
    families: [4],
    async play(play) {
      const { port } = play;
      const [d, e] = [await play.open("d", "udp4", any(4, port)), await play.open("e", "udp4", any(4, port))];
      const [a, b] = [await play.open("a", "udp4", any(4, port)), await play.open("b", "udp4", any(4, port))];
      await d.tell("d to a", port, ADDRESS.a[4]);
      await e.tell("e to b", port, ADDRESS.b[4]);
      await a.tell("a answers", port, ADDRESS.nat[4]);
      await b.tell("b answers", port, ADDRESS.nat[4]);
    },
  },
  {
    name: "a second inside end of one port and one peer gets another port",
    families: [4],
    async play(play) {
      const { port } = play;
      const [d, e] = [await play.open("d", "udp4", any(4, port)), await play.open("e", "udp4", any(4, port))];
      const a = await play.open("a", "udp4", any(4, port));
      await d.tell("first", port, ADDRESS.a[4]);
      await e.tell("second", port, ADDRESS.a[4]);
      await a.tell("for the first", port, ADDRESS.nat[4]);
      await e.call("connectSync", port, ADDRESS.a[4]);
      await a.call("close");
      await e.tell("nobody is there");
      await d.tell("for the first nothing", port, ADDRESS.a[4]);
    },
  },
  {
    name: "low ports are kept, too",
    families: [4],
    async play(play) {
      const { port } = play;
      await play.open("a", "udp4", any(4, port));
      for (const own of [53, 700, 1023, 1024]) {
        const d = await play.open("d", "udp4", any(4, own), `d at ${own}`);
        await d.tell(`from ${own}`, port, ADDRESS.a[4]);
      }
    },
  },
  {
    name: "there is no hairpin: the NAT's address is the NAT, also from inside",
    families: [4],
    async play(play) {
      const { port } = play;
      const [d, e] = [await play.open("d", "udp4", any(4, port)), await play.open("e", "udp4", any(4, port))];
      await play.open("a", "udp4", any(4, port));
      await e.tell("opens", port, ADDRESS.a[4]);
      await d.tell("to e by its outside end", port, ADDRESS.nat[4]);
      await d.call("connectSync", port, ADDRESS.nat[4]);
      await d.tell("connected");
      await d.tell("again");
    },
  },
  {
    name: "inside hosts reach each other and the NAT as they are",
    families: [4],
    async play(play) {
      const { port } = play;
      const options = { type: "udp4", receiveInfo: true };
      const [d, e] = [await play.open("d", options, any(4, port)), await play.open("e", options, any(4, port))];
      await d.tell("to e", port, ADDRESS.e[4]);
      await e.tell("to d", port, ADDRESS.d[4]);
      const nat = await play.open("nat", options, any(4, port));
      await d.tell("to the NAT", port, "192.168.77.1");
      await d.tell("to its outside", port, ADDRESS.nat[4]);
      await nat.tell("to d", port, ADDRESS.d[4]);
      const a = await play.open("a", options, any(4, port));
      await a.tell("from outside", port, ADDRESS.nat[4]);
      await nat.tell("to a", port, ADDRESS.a[4]);
    },
  },
  {
    name: "a port that a program on the NAT has is kept by an inside end, too",
    families: [4],
    async play(play) {
      const { port } = play;
      const nat = await play.open("nat", "udp4", any(4, port));
      const [d, a] = [await play.open("d", "udp4", any(4, port)), await play.open("a", "udp4", any(4, port))];
      const b = await play.open("b", "udp4", any(4, port));
      await d.tell("d to a", port, ADDRESS.a[4]);
      await a.tell("a answers", port, ADDRESS.nat[4]);
      await b.tell("b asks the NAT", port, ADDRESS.nat[4]);
      await nat.tell("the NAT answers", port, ADDRESS.b[4]);
    },
  },
  {
    name: "errors come back to who has sent",
    async play(play, family) {
      const { port } = play;
      const d = await play.open("d", `udp${family}`, any(family, port));
      for (const to of ["a", "c", "router", "inner"] as const) {
        await d.call("connectSync", port, ADDRESS[to][family]);
        await d.tell(`nobody at ${to}`);
        await d.call("disconnect");
      }
    },
  },
  {
    name: "inside ends that are gone are refused to their peers",
    async play(play, family) {
      const { port } = play;
      const d = await play.open("d", `udp${family}`, any(family, port));
      const a = await play.open("a", `udp${family}`, any(family, port));
      await a.call("connectSync", port, ADDRESS.nat[family]);
      await d.tell("hello", port, ADDRESS.a[family]);
      await d.call("close");
      await a.tell("are you there?");
      await a.tell("and now?");
    },
  },
  {
    name: "what is too long behind the NAT and a router is an EMSGSIZE to who has sent it",
    learns: true,
    async play(play, family) {
      const { port } = play;
      const d = await play.open("d", `udp${family}`, any(family, port));
      const c = await play.open("c", `udp${family}`, any(family, port));
      await d.call("connectSync", port, ADDRESS.c[family]);
      await d.tell({ size: 1400 });
      await d.call("getPathMTU");
      await d.tell({ size: 1400 });
      await c.tell({ size: 9000 }, port, ADDRESS.nat[family]);
    },
  },
  {
    name: "the NAT takes one from the hop limit, both ways",
    async play(play, family) {
      const { port } = play;
      const options = { type: `udp${family}`, receiveInfo: true };
      const [d, b] = [
        await play.open("d", options, any(family, port)),
        await play.open("b", options, any(family, port)),
      ];
      for (const hops of [1, 2, 64]) {
        await d.call("setTTL", hops);
        await d.tell(`${hops} hops`, port, ADDRESS.b[family]);
      }
      for (const hops of [1, 2]) {
        await b.call("setTTL", hops);
        await b.tell(`${hops} hops`, port, ADDRESS.nat[family]);
      }
    },
  },
  {
    name: "what came unasked has taken its port: what leaves for there later gets another",
    families: [4],
    async play(play) {
      const { port } = play;
      const d = await play.open("d", "udp4", any(4, port));
      const [a, b] = [await play.open("a", "udp4", any(4, port)), await play.open("b", "udp4", any(4, port))];
      await a.tell("too early", port, ADDRESS.nat[4]);
      await d.tell("to a", port, ADDRESS.a[4]);
      await d.tell("to b", port, ADDRESS.b[4]);
      await a.tell("to the port that d does not have", port, ADDRESS.nat[4]);
      await b.tell("to the one it has", port, ADDRESS.nat[4]);
    },
  },
];
