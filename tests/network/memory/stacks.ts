/** Scenarios: both families over a link, and who of a host's sockets a datagram is for. */
import type { Scenario } from "./play.ts";
import { ADDRESS } from "./stage.ts";

const PORT = 5000;
const mapped = (address: string): string => `::ffff:${address}`;

export const stacks: readonly Scenario[] = [
  {
    name: "a socket of both families hears both, and says mapped addresses",
    families: [6],
    async play(play) {
      const both = await play.open("b", { type: "udp6", receiveInfo: true }, { port: PORT, address: "::" });
      const four = await play.open("a", "udp4", { port: PORT, address: "0.0.0.0" }, "four");
      const six = await play.open("a", { type: "udp6", ipv6Only: true }, { port: PORT, address: "::" }, "six");
      await four.tell("four", PORT, ADDRESS.b[4]);
      await six.tell("six", PORT, ADDRESS.b[6]);
      await both.tell("to four", PORT, mapped(ADDRESS.a[4]));
      await both.tell("to six", PORT, ADDRESS.a[6]);
      await six.tell("mapped", PORT, mapped(ADDRESS.b[4]));
      await both.call("connectSync", PORT, mapped(ADDRESS.a[4]));
      await both.call("remoteAddress");
      await both.call("address");
      await both.tell("connected to four");
      await six.tell("not for it any more", PORT, ADDRESS.b[6]);
      await four.tell("for it still", PORT, ADDRESS.b[4]);
      await four.call("close");
      await both.tell("refused");
      await both.call("disconnect");
      await both.call("connectSync", 9, mapped(ADDRESS.c[4]));
      await both.tell("refused behind the router");
    },
  },
  {
    name: "a mapped way is cut as one of IPv4",
    families: [6],
    learns: true,
    async play(play) {
      const both = await play.open("a", "udp6", { port: PORT, address: "::" });
      await play.open("c", "udp4", { port: PORT, address: "0.0.0.0" });
      await both.call("connectSync", PORT, mapped(ADDRESS.c[4]));
      await both.call("getPathMTU");
      await both.tell({ size: 1252 });
      await both.tell({ size: 1253 });
      await both.call("getPathMTU");
      await both.tell({ size: 1253 });
      await both.tell({ size: 65_508 });
    },
  },
  {
    name: "a socket at a mapped address is one of IPv4",
    families: [6],
    async play(play) {
      const bound = await play.open("b", "udp6", { port: PORT, address: mapped(ADDRESS.b[4]) });
      const four = await play.open("a", "udp4", { port: PORT, address: "0.0.0.0" }, "four");
      const six = await play.open("a", { type: "udp6", ipv6Only: true }, { port: PORT, address: "::" }, "six");
      await bound.call("address");
      await four.tell("four", PORT, ADDRESS.b[4]);
      await six.tell("six", PORT, ADDRESS.b[6]);
      await bound.tell("to four", PORT, mapped(ADDRESS.a[4]));
      await bound.tell("to six", PORT, ADDRESS.a[6]);
      await bound.call("connectSync", PORT, ADDRESS.a[6]);
    },
  },
  {
    name: "a socket at an address of IPv6 has no way to a mapped one, nor one of IPv6 alone",
    families: [6],
    async play(play) {
      const bound = await play.open("a", "udp6", { port: PORT, address: ADDRESS.a[6] }, "bound");
      const alone = await play.open("a", { type: "udp6", ipv6Only: true }, { port: 5001, address: "::" }, "alone");
      const unmapped = await play.open("a", "udp6", { port: 5002, address: mapped("0.0.0.0") }, "any mapped");
      await play.open("b", "udp6", { port: PORT, address: "::" });
      for (const socket of [bound, alone, unmapped]) {
        await socket.tell("mapped", PORT, mapped(ADDRESS.b[4]));
        await socket.tell("mapped, to itself", PORT, mapped(ADDRESS.a[4]));
        await socket.tell("not mapped", PORT, ADDRESS.b[6]);
        await socket.call("connectSync", PORT, mapped(ADDRESS.b[4]));
        await socket.call("close");
      }
    },
  },
  {
    name: "sockets of one port on a host share it by address, family and peer",
    async play(play, family) {
      const any = family === 4 ? "0.0.0.0" : "::";
      const shared = { type: `udp${family}`, reuseAddr: true };
      await play.open("b", shared, { port: PORT, address: any }, "first");
      await play.open("b", shared, { port: PORT, address: any }, "second");
      const bound = await play.open("b", shared, { port: PORT, address: ADDRESS.b[family] }, "bound");
      const connected = await play.open("b", shared, { port: PORT, address: any }, "connected");
      await connected.call("connectSync", PORT, ADDRESS.a[family]);
      const a = await play.open("a", `udp${family}`, { port: PORT, address: any });
      const other = await play.open("a", `udp${family}`, { port: 5001, address: any }, "other");
      const speak = async (text: string): Promise<void> => {
        await a.tell(`${text}: from the peer`, PORT, ADDRESS.b[family]);
        await other.tell(`${text}: from another`, PORT, ADDRESS.b[family]);
      };
      await speak("all");
      await connected.call("close");
      await speak("no peer");
      await bound.call("close");
      await speak("none at the address");
      await play.open("b", `udp${family}`, { port: PORT, address: any }, "late");
    },
  },
  {
    name: "a link-local address is spoken to from one, with the interface",
    families: [6],
    async play(play) {
      const a = await play.open("a", { type: "udp6", receiveInfo: true }, { port: PORT, address: "::" });
      const b = await play.open("b", { type: "udp6", receiveInfo: true }, { port: PORT, address: "::" });
      await a.tell("near", PORT, "fe80::3%eth0");
      await b.tell("back", PORT, "fe80::2%eth0");
      await a.tell("without an interface", PORT, "fe80::3");
      await a.tell("by an interface that is not there", PORT, "fe80::3%eth7");
      await a.tell("nobody's", PORT, "fe80::22%eth0");
      await a.call("connectSync", PORT, "fe80::3");
      await a.call("connectSync", PORT, "fe80::3%eth7");
      await a.call("connectSync", PORT, "fe80::3%eth0");
      await a.call("remoteAddress");
      await a.call("address");
      await a.tell("connected");
      await b.call("close");
      await a.tell("refused");
      const router = await play.open("router", { type: "udp6", receiveInfo: true }, { port: PORT, address: "::" });
      await router.tell("by the inside", PORT, "fe80::22%inside");
      await router.tell("by the wrong side", PORT, "fe80::2%inside");
      await router.tell("by the outside", PORT, "fe80::2%outside");
    },
  },
  {
    name: "a socket of one device hears and speaks by that alone",
    async play(play, family) {
      const any = family === 4 ? "0.0.0.0" : "::";
      const router = await play.open("router", { type: `udp${family}`, receiveInfo: true }, {
        port: PORT,
        address: any,
      });
      const a = await play.open("a", `udp${family}`, { port: PORT, address: any });
      const c = await play.open("c", `udp${family}`, { port: PORT, address: any });
      for (const device of ["inside", "outside", "nowhere", ""]) {
        await router.call("bindToDevice", device);
        await a.tell(`from a, ${device}`, PORT, ADDRESS.router[family]);
        await c.tell(`from c, ${device}`, PORT, ADDRESS.inner[family]);
        await router.tell(`to a, ${device}`, PORT, ADDRESS.a[family]);
        await router.tell(`to c, ${device}`, PORT, ADDRESS.c[family]);
      }
    },
  },
];
