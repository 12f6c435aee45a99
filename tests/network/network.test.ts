/** Real hosts: a process of this runtime in each of four network namespaces, with a router between. */
import { assert, assertEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import { after, test } from "node:test";
import { close, texts } from "./host.ts";
import { ADDRESS, familySkip, namespacesSkip, SMALL_MTU } from "./namespaces.ts";
import { lacking, notNative } from "./needs.ts";
import { endNetwork, network } from "./network.ts";
import { pythonSkip } from "../support/python.ts";
import { within } from "../support/within.ts";

const FAMILIES = [4, 6] as const;

const ANY = { 4: "0.0.0.0", 6: "::" } as const;

/** Deno's own sockets read addresses themselves; with --allow-ffi it is done here. */
const withKernel = !["deno", "deno-node"].includes(capabilities.backend);

after(() => endNetwork());

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

  test(`a row of ${type} arrives though its segments are longer than the MTU, which the kernel refuses to cut`, {
    skip: familySkip(family),
  }, async () => {
    const { b, c } = await network();
    const [sender, receiver] = [await c.bound(type, bind), await b.bound(type, bind)];
    const send = { port: (await receiver.address()).port, address: ADDRESS.b[family] };
    const row = "x".repeat(2 * SMALL_MTU + 50);
    const messages = [SMALL_MTU + 10, SMALL_MTU - 100].map((segmentSize) => ({ data: row, segmentSize, ...send }));
    assertEquals(await sender.call("sendMany", messages), 2);
    const sizes: number[] = [];
    while (sizes.length < 6) sizes.push((await receiver.message("a segment")).size);
    assertEquals(sizes, [SMALL_MTU + 10, SMALL_MTU + 10, 30, SMALL_MTU - 100, SMALL_MTU - 100, 250]);
    await close(sender, receiver);
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

for (const family of FAMILIES) {
  const type = `udp${family}`;
  const bind = { address: ANY[family] };

  test(`a ${type} socket that is bound to a device hears and reaches only those on its link`, {
    skip: familySkip(family) || lacking("bindToDevice"),
  }, async () => {
    const { a, c, router } = await network();
    const [left, right] = [await a.bound(type, bind), await c.bound(type, bind)];
    const between = await router.bound(type, bind);
    const { port } = await between.address();
    const toRouter = async (text: string): Promise<void> => {
      assertEquals(await right.send(`${text}, from c`, port, family === 4 ? "10.77.2.1" : "fd77:2::1"), null);
      assertEquals(await left.send(`${text}, from a`, port, ADDRESS.router[family]), null);
    };
    await toRouter("to any device");
    assertEquals(await texts(between, 2, "the router"), ["to any device, from c", "to any device, from a"]);
    await between.call("bindToDevice", "br0");
    await toRouter("to br0");
    assertEquals(await texts(between, 1, "the router"), ["to br0, from a"]);
    const to = { a: (await left.address()).port, c: (await right.address()).port };
    // IPv4 takes everybody for a neighbour then: c must not hear of it.
    const refused = family === 4 ? null : "ENETUNREACH";
    assertEquals(await between.send("by the wrong device", to.c, ADDRESS.c[family]), refused);
    assertEquals(await between.send("by its device", to.a, ADDRESS.a[family]), null);
    assertEquals(await texts(left, 1, "a"), ["by its device"]);
    await close(left, right, between);
  });

  test(`rinfo of ${type} tells where a datagram was sent to, by which interface it came, and how many hops are left`, {
    skip: familySkip(family) || lacking("receiveInfo"),
  }, async () => {
    const { a, c, router } = await network();
    const [left, right] = [await a.bound(type, bind), await c.bound(type, bind)];
    const [between, far] = [
      await router.bound({ type, receiveInfo: true }, bind),
      await c.bound({ type, receiveInfo: true }, bind),
    ];
    const { port } = await between.address();
    const seen = [];
    for (const [sender, to] of [[left, ADDRESS.router[family]], [right, ADDRESS.router[family]]] as const) {
      assertEquals(await sender.send("to the router", port, to), null);
      const { destination, hopLimit, interfaceIndex } = await between.message("the datagram");
      assertEquals([destination, hopLimit], [to, 64]);
      seen.push(interfaceIndex);
    }
    assert(seen.every((index) => index! > 0) && seen[0] !== seen[1], `the interfaces ${seen.join()}`);
    await left.call("setTTL", 40);
    assertEquals(await left.send("through the router", (await far.address()).port, ADDRESS.c[family]), null);
    const { destination, hopLimit } = await far.message("the datagram");
    assertEquals([destination, hopLimit], [ADDRESS.c[family], 39]);
    await close(left, right, between, far);
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
  const port = 7000;
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
  assertEquals(namespaces.pids.length, 4);
  assertEquals(await endNetwork(), []);
});
