/**
 * An interface that goes down and comes up again, and an address that is taken away and given back, below sockets that
 * stay open: sends fail meanwhile, each with its callback, and afterwards all is as before without anybody doing anything.
 * The errno is what node:dgram tells, which is the adapter in the cells of Node without libc.
 */
import { assertEquals } from "@std/assert";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { close, RemoteError, type RemoteSocket } from "./host.ts";
import { familySkip, namespacesSkip } from "./namespaces.ts";
import { lacking } from "./needs.ts";
import { endNetwork, network } from "./network.ts";

const FAMILIES = [4, 6] as const;
type Family = typeof FAMILIES[number];

/** A link between a and b, with a net of its own. */
const LINK = "vpn0";
const ADDRESS = { a: { 4: "10.77.9.1", 6: "fd77:9::1" }, b: { 4: "10.77.9.2", 6: "fd77:9::2" } } as const;
const DEFAULT = { 4: "10.77.1.1", 6: "fd77:1::1" } as const;
const ANY = { 4: "0.0.0.0", 6: "::" } as const;

/** Datagrams that may leave together. */
const MANY = 3;

/** By the socket's name: what it is made with, where it is bound, whether it is connected. */
const KINDS = {
  "on every address": { options: {}, at: ANY, connected: false },
  "on that address": { options: {}, at: ADDRESS.a, connected: false },
  "connected over it": { options: {}, at: ANY, connected: true },
  "of which libc receives alone": { options: { receiveInfo: true }, at: ANY, connected: false },
} as const;
/** What happens, and what is done about it. */
interface Outage {
  readonly begin: (family: Family) => string;
  readonly end: (family: Family) => string;
}

const OUTAGES: Readonly<Record<string, Outage>> = {
  "an interface is down": {
    begin: () => `link set dev ${LINK} down`,
    end: () => `link set dev ${LINK} up`,
  },
  "an address is gone": {
    begin: (family) => `addr del ${inNet(family)} dev ${LINK}`,
    end: (family) => `addr add ${inNet(family)} dev ${LINK}${family === 6 ? " nodad" : ""}`,
  },
};

/** Of an IPv4 socket whose own address has gone, too: where it was to come from is looked at with the way. */
const NO_WAY = "ENETUNREACH";

after(() => endNetwork());

function inNet(family: Family, host: "a" | "b" = "a"): string {
  return `${ADDRESS[host][family]}/${family === 4 ? 24 : 64}`;
}

const withoutDefault = new Set<Family>();

async function linkUp(family: Family): Promise<void> {
  const { namespaces } = await network();
  namespaces.link(LINK, "a", "b");
  // Else what has no way would be left to the router.
  if (!withoutDefault.has(family)) namespaces.ip("a", `route del default via ${DEFAULT[family]}`);
  withoutDefault.add(family);
  // Linux forgets IPv6 addresses with the interface that goes down, unless it is told otherwise.
  if (family === 6) namespaces.set("a", `net/ipv6/conf/${LINK}/keep_addr_on_down`, 1);
  for (const host of ["a", "b"] as const) {
    const nodad = family === 6 ? " nodad" : "";
    namespaces.ip(host, `link set dev ${LINK} up`, `addr add ${inNet(family, host)} dev ${LINK}${nodad}`);
  }
}

type Send = (text: string) => Promise<string | null>;

/** Has one end hear the other, whatever became of what was sent while the link or the address was not quite there. */
async function hears(to: RemoteSocket, send: Send): Promise<void> {
  let heard = false;
  const first = to.message("what is sent now").finally(() => heard = true);
  while (!heard) {
    await send("again");
    await Promise.race([first, setTimeout(20)]);
  }
  assertEquals(await send("last"), null);
  while ((await to.message("the last")).text !== "last") { /* It came before. */ }
}

for (const family of FAMILIES) {
  for (const [what, outage] of Object.entries(OUTAGES)) {
    for (const [kind, { options, at, connected }] of Object.entries(KINDS)) {
      const needs = (connected && lacking("connect")) || ("receiveInfo" in options && lacking("receiveInfo"));

      test(`while ${what} sends of an IPv${family} socket ${kind} fail, and then both directions work again`, {
        skip: familySkip(family) || needs,
      }, async () => {
        const { a, b, namespaces } = await network();
        await linkUp(family);
        const peer = await b.bound(`udp${family}`, { address: ADDRESS.b[family] });
        const socket = await a.bound({ type: `udp${family}`, ...options }, { address: at[family] });
        const [{ port: from }, { port: to }] = [await socket.address(), await peer.address()];
        if (connected) await socket.call("connectSync", to, ADDRESS.b[family]);
        const destination = connected ? {} : { port: to, address: ADDRESS.b[family] };
        const send: Send = (text) => connected ? socket.send(text) : socket.send(text, to, ADDRESS.b[family]);
        const answer: Send = (text) => peer.send(text, from, ADDRESS.a[family]);
        const work = async (): Promise<void> => {
          await hears(peer, send);
          await hears(socket, answer);
        };
        await work();

        namespaces.ip("a", outage.begin(family));
        const messages = Array.from({ length: MANY }, (_, i) => ({ data: `many ${i}`, ...destination }));
        for (let i = 0; i < 2; i++) {
          assertEquals(await send("lost"), NO_WAY);
          const failure = await socket.call("sendMany", messages).catch((error) => error);
          assertEquals(failure instanceof RemoteError && failure.code, NO_WAY);
          // What is sent to it is lost, or waits for somebody to answer for the address.
          assertEquals(await answer("to nobody"), null);
        }

        namespaces.ip("a", outage.end(family));
        await work();
        await close(socket, peer);
        namespaces.ip("a", `link del dev ${LINK}`);
      });
    }
  }
}

/** Below the 1500 that a link has at first. */
const LATER_MTU = 1380;

for (const family of FAMILIES) {
  test(`the path MTU of a connected IPv${family} socket is that of the link that there is now, or none`, {
    skip: familySkip(family) || lacking("pathMTU") || lacking("connect"),
  }, async () => {
    const { a, b, namespaces } = await network();
    await linkUp(family);
    const peer = await b.bound(`udp${family}`, { address: ANY[family] });
    const socket = await a.bound(`udp${family}`, { address: ANY[family] });
    await socket.call("connectSync", (await peer.address()).port, ADDRESS.b[family]);
    const pathMTU = async (): Promise<unknown> => {
      const told = await socket.call("getPathMTU").catch((error) => error);
      return told instanceof RemoteError ? told.code : told;
    };
    assertEquals(await pathMTU(), 1500);
    namespaces.ip("a", `link set dev ${LINK} down`);
    assertEquals([await pathMTU(), await socket.send("lost"), await pathMTU()], [NO_WAY, NO_WAY, NO_WAY]);
    namespaces.ip("a", `link set dev ${LINK} up`);
    assertEquals(await pathMTU(), 1500);
    namespaces.ip("a", `link del dev ${LINK}`);
    assertEquals([await pathMTU(), await socket.send("lost")], [NO_WAY, NO_WAY]);
    await linkUp(family);
    namespaces.ip("a", `link set dev ${LINK} mtu ${LATER_MTU}`);
    assertEquals(await pathMTU(), LATER_MTU);
    await hears(peer, (text) => socket.send(text));
    assertEquals(await pathMTU(), LATER_MTU);
    await close(socket, peer);
    namespaces.ip("a", `link del dev ${LINK}`);
  });
}

test("nothing is left of the network of interfaces", { skip: namespacesSkip }, async () => {
  assertEquals(await endNetwork(), []);
});
