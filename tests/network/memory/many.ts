/** Scenarios: multicast and broadcast. */
import type { Scenario } from "./play.ts";
import { ADDRESS } from "./stage.ts";

const PORT = 5000;
const GROUP = { 4: "239.77.0.1", 6: "ff15::77:1" } as const;
const OTHER = { 4: "239.77.0.2", 6: "ff15::77:2" } as const;
const SOURCE_GROUP = { 4: "232.77.0.1", 6: "ff35::77:1" } as const;
const by = (family: 4 | 6, device: string, address: string): string => family === 4 ? address : `::%${device}`;
const any = (family: 4 | 6, port = PORT): object => ({ port, address: family === 4 ? "0.0.0.0" : "::" });
const informed = (family: 4 | 6): object => ({ type: `udp${family}`, receiveInfo: true });
const shared = (family: 4 | 6): object => ({ type: `udp${family}`, reuseAddr: true });

export const many: readonly Scenario[] = [
  {
    name: "a group reaches its members on the link, itself too, and nobody behind a router",
    async play(play, family) {
      const sockets = [];
      for (const host of ["a", "b", "c", "router"] as const) {
        sockets.push(await play.open(host, informed(family), any(family)));
      }
      const [a, b, c, router] = sockets;
      for (const socket of [a, b, c]) await socket.call("addMembership", GROUP[family]);
      await router.call("addMembership", GROUP[family], by(family, "outside", ADDRESS.router[4]));
      for (const hops of [1, 2, 255]) {
        await a.call("setMulticastTTL", hops);
        await a.tell(`${hops} hops`, PORT, GROUP[family]);
      }
      await a.call("setMulticastTTL", 0);
      await a.tell("none", PORT, GROUP[family]);
      await a.call("setMulticastTTL", 1);
      await a.tell("not theirs", PORT, OTHER[family]);
      await b.call("dropMembership", GROUP[family]);
      await a.tell("b has left", PORT, GROUP[family]);
      await c.tell("from behind the router", PORT, GROUP[family]);
      await router.tell("from the router", PORT, GROUP[family]);
    },
  },
  {
    name: "without loopback a group reaches others only",
    async play(play, family) {
      const [a, b] = [
        await play.open("a", shared(family), any(family)),
        await play.open("b", shared(family), any(family)),
      ];
      const neighbour = await play.open("a", shared(family), any(family), "neighbour");
      for (const socket of [a, b, neighbour]) await socket.call("addMembership", GROUP[family]);
      for (const loopback of [false, true]) {
        await a.call("setMulticastLoopback", loopback);
        await a.tell(`loopback ${loopback}`, PORT, GROUP[family]);
      }
      await b.call("setMulticastLoopback", false);
      await b.tell("the receiver's loopback does not count", PORT, GROUP[family]);
    },
  },
  {
    name: "a group leaves by the interface that was chosen, with that one's address",
    async play(play, family) {
      const [a, c] = [
        await play.open("a", informed(family), any(family)),
        await play.open("c", informed(family), any(family)),
      ];
      for (const socket of [a, c]) await socket.call("addMembership", GROUP[family]);
      const router = await play.open("router", `udp${family}`, any(family));
      for (const device of ["inside", "outside"] as const) {
        const address = device === "inside" ? ADDRESS.inner[4] : ADDRESS.router[4];
        await router.call("setMulticastInterface", by(family, device, address));
        await router.tell(device, PORT, GROUP[family]);
      }
      const bound = await play.open("router", `udp${family}`, { port: 5001, address: ADDRESS.inner[family] }, "bound");
      await bound.tell("bound inside", PORT, GROUP[family]);
      await router.call("setMulticastInterface", by(family, "nowhere", "10.77.9.9"));
    },
  },
  {
    name: "a membership counts for its interface",
    async play(play, family) {
      const router = await play.open("router", informed(family), any(family));
      const [a, c] = [
        await play.open("a", `udp${family}`, any(family)),
        await play.open("c", `udp${family}`, any(family)),
      ];
      const sides = [["outside", ADDRESS.router[4]], ["inside", ADDRESS.inner[4]]] as const;
      const speak = async (text: string): Promise<void> => {
        await a.tell(`${text}, from a`, PORT, GROUP[family]);
        await c.tell(`${text}, from c`, PORT, GROUP[family]);
      };
      await speak("none");
      for (const [device, address] of sides) {
        await router.call("addMembership", GROUP[family], by(family, device, address));
        await speak(`with ${device}`);
      }
      await router.call("addMembership", GROUP[family], by(family, "inside", ADDRESS.inner[4]));
      await router.call("dropMembership", GROUP[family], by(family, "outside", ADDRESS.router[4]));
      await speak("inside alone");
      await router.call("dropMembership", GROUP[family], by(family, "outside", ADDRESS.router[4]));
    },
  },
  {
    name: "a socket on the port hears a group that another one of its host has joined, at its own address too",
    async play(play, family) {
      const member = await play.open("b", shared(family), any(family), "member");
      await play.open("b", shared(family), any(family), "stranger");
      await play.open("b", shared(family), { port: PORT, address: ADDRESS.b[family] }, "bound");
      const connected = await play.open("b", shared(family), any(family), "connected");
      const joined = await play.open("b", shared(family), {
        port: PORT,
        address: GROUP[family] + (family === 6 ? "%eth0" : ""),
      }, "joined");
      await connected.call("connectSync", PORT, ADDRESS.c[family]);
      const a = await play.open("a", `udp${family}`, any(family));
      await a.tell("before", PORT, GROUP[family]);
      await member.call("addMembership", GROUP[family]);
      await a.tell("after", PORT, GROUP[family]);
      await a.tell("to the host", PORT, ADDRESS.b[family]);
      await joined.tell("from the group", PORT, ADDRESS.a[family]);
    },
  },
  {
    name: "sources: a member hears those that it has named",
    async play(play, family) {
      const member = await play.open("b", `udp${family}`, any(family));
      const a = await play.open("a", `udp${family}`, { port: PORT, address: ADDRESS.a[family] });
      const router = await play.open("router", `udp${family}`, { port: PORT, address: ADDRESS.router[family] });
      const speak = async (text: string): Promise<void> => {
        await router.tell(`${text}, from the router`, PORT, SOURCE_GROUP[family]);
        await a.tell(`${text}, from a`, PORT, SOURCE_GROUP[family]);
      };
      await member.call("addSourceSpecificMembership", ADDRESS.a[family], SOURCE_GROUP[family]);
      await speak("a");
      await member.call("addSourceSpecificMembership", ADDRESS.a[family], SOURCE_GROUP[family]);
      await member.call("addMembership", SOURCE_GROUP[family]);
      await member.call("addSourceSpecificMembership", ADDRESS.router[family], SOURCE_GROUP[family]);
      await speak("both");
      await member.call("dropSourceSpecificMembership", ADDRESS.a[family], SOURCE_GROUP[family]);
      await speak("the router");
      await member.call("dropSourceSpecificMembership", ADDRESS.a[family], SOURCE_GROUP[family]);
      await member.call("dropSourceSpecificMembership", ADDRESS.router[family], SOURCE_GROUP[family]);
      await speak("none");
    },
  },
  {
    name: "a group is no peer: who is connected to it hears no answer, and no error",
    async play(play, family) {
      const a = await play.open("a", `udp${family}`, any(family));
      const b = await play.open("b", `udp${family}`, any(family));
      await a.call("connectSync", PORT, GROUP[family]);
      await a.tell("nobody has joined");
      await b.call("addMembership", GROUP[family]);
      await a.tell("b has");
      await b.tell("an answer", PORT, ADDRESS.a[family]);
      await b.call("close");
      await a.tell("nobody has the port");
    },
  },
  {
    name: "a broadcast is EACCES without the option, and reaches the link with it",
    families: [4],
    async play(play) {
      const sockets = [];
      for (const host of ["a", "b", "c", "router", "nat"] as const) {
        sockets.push(await play.open(host, informed(4), any(4)));
      }
      const [a, b] = sockets;
      const bound = await play.open("b", informed(4), { port: 5001, address: ADDRESS.b[4] }, "bound");
      for (const destination of ["255.255.255.255", "10.77.1.255"]) {
        await a.call("setBroadcast", false);
        await a.tell("refused", PORT, destination);
        await a.call("setBroadcast", true);
        await a.tell("to all", PORT, destination);
        await a.tell("to a port of some", 5001, destination);
      }
      await a.call("connectSync", PORT, "10.77.1.255");
      await a.tell("connected");
      await b.tell("an answer", PORT, ADDRESS.a[4]);
      await bound.call("connectSync", PORT, "255.255.255.255");
    },
  },
  {
    name: "a broadcast on another network is for its router",
    families: [4],
    async play(play) {
      const [a] = [await play.open("a", informed(4), any(4)), await play.open("c", informed(4), any(4))];
      const router = await play.open("router", informed(4), any(4));
      await a.tell("to c's network", PORT, "10.77.2.255");
      await a.call("connectSync", PORT, "10.77.2.255");
      await a.tell("connected to it");
      await router.call("close");
      await a.tell("nobody there");
    },
  },
  {
    name: "a socket that is bound to a broadcast address hears broadcasts alone",
    families: [4],
    async play(play) {
      const a = await play.open("a", "udp4", any(4));
      await a.call("setBroadcast", true);
      for (const address of ["255.255.255.255", "10.77.1.255"]) {
        const b = await play.open("b", "udp4", { port: PORT, address }, address);
        await a.tell("to the host", PORT, ADDRESS.b[4]);
        await a.tell("to all", PORT, "255.255.255.255");
        await a.tell("to all of the network", PORT, "10.77.1.255");
        await b.tell("from there", PORT, ADDRESS.a[4]);
        await b.call("close");
      }
    },
  },
  {
    name: "what is long is cut for many, too",
    async play(play, family) {
      const [a, b] = [
        await play.open("a", `udp${family}`, any(family)),
        await play.open("b", `udp${family}`, any(family)),
      ];
      await b.call("addMembership", GROUP[family]);
      for (const size of [1400, 1600, 9000]) await a.tell({ size }, PORT, GROUP[family]);
      if (family === 6) return;
      await a.call("setBroadcast", true);
      for (const size of [1400, 1600]) await a.tell({ size }, PORT, "10.77.1.255");
    },
  },
];
