/** Scenarios: what a socket hears of ports, links and ways that are not there. */
import type { Scenario } from "./play.ts";
import { ADDRESS } from "./stage.ts";

const PORT = 5000;
const any = (family: 4 | 6, port = PORT): object => ({ port, address: family === 4 ? "0.0.0.0" : "::" });

export const errors: readonly Scenario[] = [
  {
    name: "a port that nobody has is an ECONNREFUSED to who is connected to it, and nothing to others",
    async play(play, family) {
      for (const to of ["b", "c", "router", "inner"] as const) {
        const asker = await play.open("a", `udp${family}`, any(family), `asker of ${to}`);
        await asker.tell("unconnected", 9, ADDRESS[to][family]);
        await asker.tell("once more", 9, ADDRESS[to][family]);
        await asker.call("connectSync", 9, ADDRESS[to][family]);
        await asker.tell("connected");
        await asker.tell("again");
        await asker.call("disconnect");
        await asker.tell("unconnected again", 9, ADDRESS[to][family]);
        await asker.call("close");
      }
    },
  },
  {
    name: "a peer that comes back is heard again",
    async play(play, family) {
      const asker = await play.open("a", `udp${family}`, any(family));
      await asker.call("connectSync", PORT, ADDRESS.c[family]);
      const first = await play.open("c", `udp${family}`, any(family), "first");
      await asker.tell("one");
      await first.call("close");
      await asker.tell("two");
      const second = await play.open("c", `udp${family}`, any(family), "second");
      await asker.tell("three");
      await second.tell("back", PORT, ADDRESS.a[family]);
      await second.tell("from another port is not for it", PORT + 1, ADDRESS.a[family]);
      const stranger = await play.open("c", `udp${family}`, any(family, PORT + 1), "stranger");
      await stranger.tell("from a stranger", PORT, ADDRESS.a[family]);
    },
  },
  {
    name: "who is connected refuses others, which hear of it if they are connected",
    async play(play, family) {
      const connected = await play.open("b", `udp${family}`, any(family));
      await connected.call("connectSync", PORT, ADDRESS.c[family]);
      const stranger = await play.open("a", `udp${family}`, any(family));
      await stranger.call("connectSync", PORT, ADDRESS.b[family]);
      await stranger.tell("not for it");
      const friend = await play.open("c", `udp${family}`, any(family));
      await friend.tell("for it", PORT, ADDRESS.b[family]);
    },
  },
  {
    name: "a cable that is pulled is silence",
    async play(play, family) {
      const [a, b] = [
        await play.open("a", `udp${family}`, any(family)),
        await play.open("b", `udp${family}`, any(family)),
      ];
      await a.call("connectSync", PORT, ADDRESS.b[family]);
      await a.tell("before");
      const plug = await play.change("b is unplugged");
      await a.tell("meanwhile");
      await b.tell("meanwhile", PORT, ADDRESS.a[family]);
      await plug();
      await a.tell("after");
      await b.tell("after", PORT, ADDRESS.a[family]);
    },
  },
  {
    name: "a partition of one direction is silence",
    async play(play, family) {
      const [a, b] = [
        await play.open("a", `udp${family}`, any(family)),
        await play.open("b", `udp${family}`, any(family)),
      ];
      await a.call("connectSync", PORT, ADDRESS.b[family]);
      const open = await play.change("nothing passes from a to b");
      await a.tell("meanwhile");
      await b.tell("the other way", PORT, ADDRESS.a[family]);
      await open();
      await a.tell("after");
      const close = await play.change("nothing passes from the router to c");
      const [asker, c] = [
        await play.open("a", `udp${family}`, any(family, 5001), "asker"),
        await play.open("c", `udp${family}`, any(family)),
      ];
      await asker.call("connectSync", PORT, ADDRESS.c[family]);
      await asker.tell("meanwhile");
      await c.tell("the other way", 5001, ADDRESS.a[family]);
      await close();
      await asker.tell("after");
    },
  },
  {
    name: "a firewall that rejects is an error to who is connected, and nothing to others",
    async play(play, family) {
      const a = await play.open("a", `udp${family}`, any(family));
      const unconnected = await play.open("a", `udp${family}`, any(family, 5001), "unconnected");
      for (const [to, change] of [["b", "b prohibits a"], ["c", "the router prohibits c"]] as const) {
        const peer = await play.open(to, `udp${family}`, any(family));
        await a.call("connectSync", PORT, ADDRESS[to][family]);
        const open = await play.change(change);
        await a.tell("rejected");
        await a.tell("again");
        await unconnected.tell("unconnected", PORT, ADDRESS[to][family]);
        await peer.tell("the other way", PORT, ADDRESS.a[family]);
        await open();
        await a.tell("let in");
        await a.call("disconnect");
      }
    },
  },
  {
    name: "an address that nobody has is silence, near and behind a router",
    async play(play, family) {
      const near = { 4: "10.77.1.99", 6: "fd77:1::99" }[family];
      const far = { 4: "10.77.2.99", 6: "fd77:2::99" }[family];
      const a = await play.open("a", `udp${family}`, any(family));
      const connected = await play.open("a", `udp${family}`, any(family, 5001), "connected");
      for (const [address, who] of [[near, "a"], [far, "router"]] as const) {
        await a.tell("nobody", 9, address);
        await connected.call("connectSync", 9, address);
        await connected.tell("nobody");
        await play.unanswered(who, address);
        await connected.tell("nobody still");
        await a.tell("nobody still", 9, address);
        await play.unanswered(who, address);
        await connected.call("disconnect");
      }
      const nowhere = { 4: "10.99.9.9", 6: "fd99::9" }[family];
      await a.tell("no way", 9, nowhere);
      await connected.call("connectSync", 9, nowhere);
      await connected.tell("no way");
      await connected.tell("no way still");
    },
  },
  {
    name: "what is bound to a loopback address, and for many",
    async play(play, family) {
      const address = family === 4 ? "127.0.0.1" : "::1";
      const group = family === 4 ? "239.77.0.3" : "ff15::77:3";
      const a = await play.open("a", `udp${family}`, { port: PORT, address });
      const b = await play.open("b", `udp${family}`, any(family));
      const near = await play.open("a", `udp${family}`, any(family, 5001), "near");
      await b.call("addMembership", group);
      await near.call("addMembership", group);
      await a.tell("group", PORT, group);
      await a.tell("group near", 5001, group);
      await near.call("addMembership", group, family === 4 ? "127.0.0.1" : "::%lo");
      await a.tell("group near, joined there", 5001, group);
      if (family === 6) return;
      await a.call("setBroadcast", true);
      await a.tell("all", PORT, "255.255.255.255");
      await a.tell("all near", 5001, "255.255.255.255");
      await a.tell("all of the network", PORT, "10.77.1.255");
    },
  },
  {
    name: "the unspecified address is the host itself",
    async play(play, family) {
      const address = family === 4 ? "0.0.0.0" : "::";
      const options = { type: `udp${family}`, receiveInfo: true };
      const a = await play.open("a", options, any(family));
      const bound = await play.open("a", options, { port: 5001, address: ADDRESS.a[family] }, "bound");
      await a.tell("itself", PORT, address);
      await a.tell("bound", 5001, address);
      await bound.tell("from an address", PORT, address);
      await bound.tell("to itself", 5001, address);
      await a.call("connectSync", PORT, address);
      await a.call("remoteAddress");
      await a.call("address");
      await a.tell("connected to itself");
      await bound.tell("own address", PORT, ADDRESS.a[family]);
      await bound.call("connectSync", 9, ADDRESS.a[family]);
      await bound.tell("refused by itself");
    },
  },
  {
    name: "a family that a host has no address of is ENETUNREACH",
    families: [6],
    async play(play) {
      const e = await play.open("e", "udp6", { port: PORT, address: "::" });
      await e.tell("no way", 9, ADDRESS.b[6]);
      await e.call("connectSync", 9, ADDRESS.b[6]);
      await e.tell("to itself", PORT, "::1");
      await e.tell("mapped", 9, `::ffff:${ADDRESS.b[4]}`);
    },
  },
  {
    name: "what is bound to a loopback address has no way out",
    async play(play, family) {
      const address = family === 4 ? "127.0.0.1" : "::1";
      const a = await play.open("a", `udp${family}`, { port: PORT, address });
      const b = await play.open("b", `udp${family}`, any(family));
      await a.tell("out", PORT, ADDRESS.b[family]);
      await a.call("connectSync", PORT, ADDRESS.b[family]);
      await a.tell("own address", PORT, ADDRESS.a[family]);
      await b.tell("unbound", PORT, ADDRESS.a[family]);
      if (family === 4) return;
      await a.call("disconnect");
      await a.tell("own address", PORT, ADDRESS.a[6]);
    },
  },
];
