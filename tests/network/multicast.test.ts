/** Multicast between hosts: by the interface that was set, to the members of that interface, from the sources named. */
import { assertEquals } from "@std/assert";
import { after, test } from "node:test";
import { close, type RemoteSocket, texts } from "./host.ts";
import { ADDRESS, familySkip, namespacesSkip } from "./namespaces.ts";
import { lacking } from "./needs.ts";
import { endNetwork, network } from "./network.ts";

const FAMILIES = [4, 6] as const;
type Side = "toA" | "toC";

const ANY = { 4: "0.0.0.0", 6: "::" } as const;
/** The router's interfaces as multicast names them. */
const SIDE = {
  4: { toA: "10.77.1.1", toC: "10.77.2.1" },
  6: { toA: "::%br0", toC: "::%c0" },
} as const;
const ON_LINK = { 4: undefined, 6: "::%eth0" } as const;
const GROUP = { 4: "239.77.0.1", 6: "ff12::77:1" } as const;
const SOURCE_GROUP = { 4: "232.77.0.1", 6: "ff32::77:1" } as const;
/** Another for each test: one that failed may have left its sockets open. */
let lastPort = 7000;

after(() => endNetwork());

for (const family of FAMILIES) {
  const type = `udp${family}`;
  const bind = { address: ANY[family] };

  test(`multicast of ${type} leaves through the interface that was set, and through no other`, {
    skip: familySkip(family) ||
      lacking("multicastInterface", family, (socket) => socket.setMulticastInterface(ANY[family])),
  }, async () => {
    const { a, c, router } = await network();
    const port = lastPort++;
    const members = [await a.bound(type, { port, ...bind }), await c.bound(type, { port, ...bind })];
    for (const member of members) await member.call("addMembership", GROUP[family], ON_LINK[family]);
    const sender = await router.bound(type, bind);
    for (const [side, text] of [["toA", "1 to a"], ["toC", "2 to c"], ["toA", "3 to a"], ["toC", "4 to c"]] as const) {
      await sender.call("setMulticastInterface", SIDE[family][side]);
      assertEquals(await sender.send(text, port, GROUP[family]), null);
    }
    assertEquals(await texts(members[0], 2, "a"), ["1 to a", "3 to a"]);
    assertEquals(await texts(members[1], 2, "c"), ["2 to c", "4 to c"]);
    await close(sender, ...members);
  });

  test(`a membership of ${type} counts for its own interface, until it is dropped`, {
    skip: familySkip(family) ||
      lacking(
        "membership",
        family,
        (socket) => socket.addMembership(GROUP[family], family === 4 ? undefined : "::%lo"),
      ),
  }, async () => {
    const { a, c, router } = await network();
    const port = lastPort++;
    const member = await router.bound(type, { port, ...bind });
    const senders = { toA: await a.bound(type, bind), toC: await c.bound(type, bind) };
    const speak = async (side: Side, text: string): Promise<void> => {
      assertEquals(await senders[side].send(text, port, GROUP[family]), null);
    };
    const membership = (side: Side): [string, string] => [GROUP[family], SIDE[family][side]];

    await member.call("addMembership", ...membership("toA"));
    await speak("toC", "nobody hears c");
    await speak("toA", "a alone");
    assertEquals(await texts(member, 1, "the router"), ["a alone"]);

    await member.call("addMembership", ...membership("toC"));
    await speak("toC", "c too");
    assertEquals(await texts(member, 1, "the router"), ["c too"]);

    await member.call("dropMembership", ...membership("toA"));
    await speak("toA", "nobody hears a");
    await speak("toC", "c alone");
    assertEquals(await texts(member, 1, "the router"), ["c alone"]);
    assertEquals(await member.refusal("dropMembership", ...membership("toA")), "EADDRNOTAVAIL");
    await close(member, senders.toA, senders.toC);
  });

  test(`a source-specific membership of ${type} hears its source, and no other host on the link`, {
    skip: familySkip(family) ||
      lacking("sourceSpecificMembership", family, (socket) => {
        const [source, through] = family === 4 ? ["127.0.0.1", "127.0.0.1"] : ["::1", "::%lo"];
        socket.addSourceSpecificMembership(source, SOURCE_GROUP[family], through);
      }),
  }, async () => {
    const { a, b, router } = await network();
    const port = lastPort++;
    const member = await a.bound(type, { port, ...bind });
    const senders = [
      await b.bound(type, { address: ADDRESS.b[family] }),
      await router.bound(type, { address: ADDRESS.router[family] }),
    ];
    await senders[1].call("setMulticastInterface", SIDE[family].toA);
    const speak = async (): Promise<void> => {
      // The router before b: what must not be heard comes first.
      for (const [index, name] of [[1, "router"], [0, "b"]] as const) {
        assertEquals(await senders[index].send(name, port, SOURCE_GROUP[family]), null);
      }
    };
    const through = ON_LINK[family];

    await member.call("addSourceSpecificMembership", ADDRESS.b[family], SOURCE_GROUP[family], through);
    await speak();
    assertEquals(await texts(member, 1, "a"), ["b"]);
    await member.call("addSourceSpecificMembership", ADDRESS.router[family], SOURCE_GROUP[family], through);
    await speak();
    assertEquals(await texts(member, 2, "a"), ["router", "b"]);
    await member.call("dropSourceSpecificMembership", ADDRESS.router[family], SOURCE_GROUP[family], through);
    await speak();
    assertEquals(await texts(member, 1, "a"), ["b"]);
    await close(member, ...senders);
  });

  test(`multicast of ${type} stays from its own host without loopback, and reaches the others`, {
    skip: familySkip(family) || lacking("multicastLoopback"),
  }, async () => {
    const { a, b } = await network();
    const port = lastPort++;
    const sockets = [
      await a.bound({ type, reuseAddr: true }, { port, ...bind }),
      await b.bound(type, { port, ...bind }),
    ];
    for (const socket of sockets) await socket.call("addMembership", GROUP[family], ON_LINK[family]);
    for (const [loopback, text] of [[false, "not to myself"], [true, "to myself too"]] as const) {
      await sockets[0].call("setMulticastLoopback", loopback);
      assertEquals(await sockets[0].send(text, port, GROUP[family]), null);
    }
    assertEquals(await texts(sockets[1], 2, "b"), ["not to myself", "to myself too"]);
    assertEquals(await texts(sockets[0], 1, "a"), ["to myself too"]);
    await close(...sockets);
  });

  test(`multicast of ${type} with a TTL of 0 stays on its host`, {
    skip: familySkip(family) || lacking("multicastTTL", family, (socket) => socket.setMulticastTTL(0)),
  }, async () => {
    const { a, b } = await network();
    const port = lastPort++;
    const sockets = [await a.bound(type, { port, ...bind }), await b.bound(type, { port, ...bind })];
    for (const socket of sockets) await socket.call("addMembership", GROUP[family], ON_LINK[family]);
    for (const ttl of [0, 1]) {
      await sockets[0].call("setMulticastTTL", ttl);
      assertEquals(await sockets[0].send(`TTL ${ttl}`, port, GROUP[family]), null);
    }
    assertEquals(await texts(sockets[0], 2, "a"), ["TTL 0", "TTL 1"]);
    assertEquals(await texts(sockets[1], 1, "b"), ["TTL 1"]);
    await close(...sockets);
  });

  const shared = `several sockets on one port of ${type}`;
  /** Before a group, for IPv6, the interface that it is sent by. */
  const scope = family === 4 ? "" : "%eth0";

  test(`${shared} hear a group each, also without a membership, and the last that was bound hears the rest`, {
    skip: familySkip(family) || lacking("reuseAddr") || lacking("membership"),
  }, async () => {
    const { a, b } = await network();
    const port = lastPort++;
    const socket = (): Promise<RemoteSocket> => a.bound({ type, reuseAddr: true }, { port, ...bind });
    const [member, stranger, last] = [await socket(), await socket(), await socket()];
    await member.call("addMembership", GROUP[family], ON_LINK[family]);
    const sender = await b.bound(type, { address: ADDRESS.b[family] });
    const destinations = {
      group: `${GROUP[family]}${scope}`,
      host: ADDRESS.a[family],
      again: `${GROUP[family]}${scope}`,
    };
    for (const [text, address] of Object.entries(destinations)) {
      assertEquals(await sender.send(text, port, address), null);
    }
    assertEquals(await texts(member, 2, "the member"), ["group", "again"]);
    assertEquals(await texts(stranger, 2, "the socket without a membership"), ["group", "again"]);
    assertEquals(await texts(last, 3, "the last socket"), ["group", "host", "again"]);
    await close(member, stranger, last, sender);
  });

  test(`a socket that is bound to a group of ${type} takes nothing else from those on its port, and sends from there`, {
    skip: familySkip(family) || lacking("reuseAddr") || lacking("membership"),
  }, async () => {
    const { a, b } = await network();
    const port = lastPort++;
    const other = await a.bound({ type, reuseAddr: true }, { port, ...bind });
    const member = await a.bound({ type, reuseAddr: true }, { port, address: `${GROUP[family]}${scope}` });
    await member.call("addMembership", GROUP[family], ON_LINK[family]);
    const peer = await b.bound({ type, reuseAddr: true }, { port, ...bind });
    for (const [text, address] of [["host", ADDRESS.a[family]], ["group", `${GROUP[family]}${scope}`]] as const) {
      assertEquals(await peer.send(text, port, address), null);
    }
    assertEquals(await texts(member, 1, "the member"), ["group"]);
    assertEquals(await texts(other, 2, "the other socket"), ["host", "group"]);
    assertEquals(await member.send("answer", port, ADDRESS.b[family]), null);
    const { text, port: from } = await peer.message("the answer");
    assertEquals({ text, from }, { text: "answer", from: port });
    await close(other, member, peer);
  });
}

test("nothing is left of the network of multicast", { skip: namespacesSkip }, async () => {
  assertEquals(await endNetwork(), []);
});
