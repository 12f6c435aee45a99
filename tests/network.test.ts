/** Real hosts: a process of this runtime in each of four network namespaces, with a router between. */
import { assertEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import process from "node:process";
import { after, test } from "node:test";
import type { RemoteSocket } from "./network/host.ts";
import { ADDRESS, familySkip, namespacesSkip } from "./network/namespaces.ts";
import { lacking, notNative } from "./network/needs.ts";
import { endNetwork, network } from "./network/network.ts";
import { within } from "./support/within.ts";
import { pythonSkip } from "./support/python.ts";

const FAMILIES = [4, 6] as const;
type Family = typeof FAMILIES[number];
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

/** Deno's own sockets read addresses themselves; with --allow-ffi it is done here. */
const withKernel = !["deno", "deno-node"].includes(capabilities.backend);

after(endNetwork);

async function close(...sockets: RemoteSocket[]): Promise<void> {
  for (const socket of sockets) await socket.close();
}

/** The texts of the next datagrams, in their order. */
async function texts(socket: RemoteSocket, count: number, who: string): Promise<string[]> {
  const heard: string[] = [];
  while (heard.length < count) heard.push((await socket.message(`${who}'s datagram ${heard.length + 1}`)).text);
  return heard;
}

for (const family of FAMILIES) {
  const type = `udp${family}`;
  const bind = { address: ANY[family] };

  test(`hosts on both sides of a router hear each other on ${type}, each by its address`, {
    skip: familySkip(family),
  }, async () => {
    const { a, c } = await network();
    const [asker, answerer] = [await a.bound(type, bind), await c.bound(type, bind)];
    const [{ port: from }, { port: to }] = [await asker.address(), await answerer.address()];
    assertEquals(await asker.send("question", to, ADDRESS.c[family]), null);
    const version = `IPv${family}`;
    assertEquals(await answerer.message("the question"), {
      text: "question",
      size: 8,
      address: ADDRESS.a[family],
      family: version,
      port: from,
    });
    assertEquals(await answerer.send("answer", from, ADDRESS.a[family]), null);
    assertEquals(await asker.message("the answer"), {
      text: "answer",
      size: 6,
      address: ADDRESS.c[family],
      family: version,
      port: to,
    });
    await close(asker, answerer);
  });

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

  test(`a router takes one from the ${family === 4 ? "TTL" : "hop limit"} that setTTL() set on ${type}`, {
    skip: familySkip(family) || pythonSkip || lacking("ttl", family, (socket) => socket.setTTL(9)),
  }, async () => {
    const net = await network();
    const { peer, port } = await net.peer("c", family, ADDRESS.c[family]);
    const sender = await net.a.bound(type, bind);
    const seen: { text: string; ttl: number }[] = [];
    for (const ttl of [64, 1, 2, 255]) {
      await sender.call("setTTL", ttl);
      assertEquals(await sender.send(`${ttl}`, port, ADDRESS.c[family]), null);
      if (ttl === 1) continue;
      const { text, ttl: arrived } = await within(peer.next<typeof seen[number]>(), `the datagram with ${ttl}`);
      seen.push({ text, ttl: arrived });
    }
    assertEquals(seen, [{ text: "64", ttl: 63 }, { text: "2", ttl: 1 }, { text: "255", ttl: 254 }]);
    await close(sender);
    peer.end();
    assertEquals((await within(peer.result, "the peer's end")).code, 0);
  });

  test(`a connected ${type} socket has its route's address, and hears no other host`, {
    skip: familySkip(family) || lacking("connect"),
  }, async () => {
    const { a, b, c, router } = await network();
    const [peer, stranger] = [await c.bound(type, bind), await b.bound(type, bind)];
    const { port } = await peer.address();
    for (const [host, own] of [[a, ADDRESS.a[family]], [router, family === 4 ? "10.77.2.1" : "fd77:2::1"]] as const) {
      const socket = await host.bound(type, bind);
      await socket.call("connectSync", port, ADDRESS.c[family]);
      const { address, port: ownPort } = await socket.address();
      assertEquals(address, own);
      assertEquals(await stranger.send("from a stranger", ownPort, own), null);
      assertEquals(await peer.send("from the peer", ownPort, own), null);
      assertEquals(await texts(socket, 1, "the connected socket"), ["from the peer"]);
      await close(socket);
    }
    await close(peer, stranger);
  });
}

test("a dual-stack socket hears an IPv4 host by its mapped address, and answers it", {
  skip: familySkip(6),
}, async () => {
  const { a, c } = await network();
  const [asker, answerer] = [await a.bound("udp4", { address: ANY[4] }), await c.bound("udp6", { address: ANY[6] })];
  assertEquals(await asker.send("question", (await answerer.address()).port, ADDRESS.c[4]), null);
  const { address, family, port } = await answerer.message("the question");
  assertEquals([address, family, port], [`::ffff:${ADDRESS.a[4]}`, "IPv6", (await asker.address()).port]);
  assertEquals(await answerer.send("answer", port, address), null);
  assertEquals((await asker.message("the answer")).address, ADDRESS.c[4]);
  await close(asker, answerer);
});

test("a broadcast fails with EACCES before setBroadcast(true), and then reaches every host on the link", {
  skip: namespacesSkip || lacking("broadcast"),
}, async () => {
  const { a, b, c, router } = await network();
  const port = lastPort++;
  const bind = { port, address: ANY[4] };
  const sender = await a.bound("udp4", { address: ANY[4] });
  const [near, between, far] = [
    await b.bound("udp4", bind),
    await router.bound("udp4", bind),
    await c.bound("udp4", bind),
  ];
  for (const to of ["10.77.1.255", "255.255.255.255"]) {
    assertEquals(await sender.send("refused", port, to), "EACCES");
    await sender.call("setBroadcast", true);
    assertEquals(await sender.send(`to ${to}`, port, to), null);
    for (const socket of [near, between]) {
      const { text, address } = await socket.message(`the broadcast to ${to}`);
      assertEquals([text, address], [`to ${to}`, ADDRESS.a[4]]);
    }
    await sender.call("setBroadcast", false);
  }
  assertEquals(await sender.send("to c alone", port, ADDRESS.c[4]), null);
  assertEquals(await texts(far, 1, "c"), ["to c alone"]);
  await close(sender, near, between, far);
});

test("link-local peers see each other with their scope, in rinfo, address() and remoteAddress()", {
  skip: familySkip(6) || lacking("linkLocalScope"),
}, async () => {
  const { a, b } = await network();
  const [own, other] = [`${ADDRESS.a.link}%eth0`, `${ADDRESS.b.link}%eth0`];
  const asker = await a.bound("udp6", { address: ANY[6] });
  const answerer = await b.bound("udp6", { address: other });
  const { address, port } = await answerer.address();
  assertEquals(address, other);
  assertEquals(await asker.send("question", port, other), null);
  const question = await answerer.message("the question");
  assertEquals(question.address, own);
  assertEquals(await answerer.send("answer", question.port, question.address), null);
  assertEquals((await asker.message("the answer")).address, other);

  await asker.call("connectSync", port, other);
  assertEquals((await asker.address()).address, own);
  assertEquals(await asker.call("remoteAddress"), { address: other, family: "IPv6", port });
  assertEquals(await asker.send("connected"), null);
  assertEquals((await answerer.message("the connected question")).address, own);
  await close(asker, answerer);
});

test("two peers with the same link-local address are told apart by their scopes", {
  skip: familySkip(6) || notNative("linkLocalScope"),
}, async () => {
  const { a, c, router } = await network();
  const between = await router.bound("udp6", { address: ANY[6] });
  const { port } = await between.address();
  for (const [host, scope] of [[a, "br0"], [c, "c0"]] as const) {
    const peer = await host.bound("udp6", { address: ANY[6] });
    assertEquals(await peer.send("question", port, `${ADDRESS.router.link}%eth0`), null);
    const question = await between.message(`the question over ${scope}`);
    assertEquals(question.address, `fe80::2%${scope}`);
    assertEquals(await between.send(`answer over ${scope}`, question.port, question.address), null);
    assertEquals(await texts(peer, 1, "the peer"), [`answer over ${scope}`]);
    await close(peer);
  }
  await close(between);
});

test("a scope that does not exist counts for none", {
  skip: familySkip(6) || (!withKernel && "Deno refuses a scope that it does not know"),
}, async () => {
  const { a, b } = await network();
  const [socket, peer] = [await a.bound("udp6", { address: ANY[6] }), await b.bound("udp6", { address: ANY[6] })];
  const { port } = await peer.address();
  for (const [text, scope] of [["unknown", "%nowhere"], ["none", ""], ["right", "%eth0"]]) {
    assertEquals([text, await socket.send(text, port, ADDRESS.b.link + scope)], [text, null]);
  }
  assertEquals(await texts(peer, 3, "b"), ["unknown", "none", "right"]);
  await close(socket, peer);
});

test("the namespaces go with their processes", { skip: namespacesSkip }, async () => {
  const { namespaces } = await network();
  const pids = namespaces.pids;
  await endNetwork();
  for (const pid of pids) assertEquals(isAlive(pid), false);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
