/** What a socket hears of a network that fails: ports that are closed, routes that end, packets that are too large. */
import { assertEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import { after, test } from "node:test";
import { pythonSkip } from "../support/python.ts";
import { filter, noFirewall } from "./firewall.ts";
import type { Host, RemoteSocket } from "./host.ts";
import { ADDRESS, familySkip, namespacesSkip, SMALL_MTU } from "./namespaces.ts";
import { lacking } from "./needs.ts";
import { endNetwork, network } from "./network.ts";

const FAMILIES = [4, 6] as const;
type Family = typeof FAMILIES[number];

const ANY = { 4: "0.0.0.0", 6: "::" } as const;
const NET_OF_C = { 4: "10.77.2.", 6: "fd77:2::" } as const;
const HEADERS = { 4: 28, 6: 48 } as const;
/** Fits on a's link and not on c's. */
const TOO_LARGE = 1400;

after(() => endNetwork());

/** A further address of c, which no other test has sent to: a host remembers what it learnt of each. */
let lastAddress = 100;
async function newAddress(family: Family): Promise<string> {
  const address = `${NET_OF_C[family]}${++lastAddress}`;
  const { namespaces } = await network();
  namespaces.ip("c", `address add ${address}/${family === 4 ? 24 : 64} dev eth0${family === 6 ? " nodad" : ""}`);
  return address;
}

function bound(host: Host, family: Family): Promise<RemoteSocket> {
  return host.bound(`udp${family}`, { address: ANY[family] });
}

async function connected(host: Host, family: Family, port: number, address: string): Promise<RemoteSocket> {
  const socket = await bound(host, family);
  await socket.call("connectSync", port, address);
  return socket;
}

/** Sends over a connection to a socket, which has to hear it: what was to come before it has come. */
async function heard(socket: RemoteSocket, peer: RemoteSocket, text: string): Promise<void> {
  assertEquals([text, await socket.send(text)], [text, null]);
  assertEquals((await peer.message(text)).text, text);
}

const noErrors = lacking("connect") || lacking("icmpErrors");

for (const family of FAMILIES) {
  const type = `udp${family}`;
  const prefix = family === 4 ? 32 : 128;

  test(`a ${type} peer that closes its port is an ECONNREFUSED to who is connected to it, and to no other`, {
    skip: familySkip(family) || noErrors,
  }, async () => {
    const { a, c } = await network();
    const peer = await bound(c, family);
    const { port } = await peer.address();
    const [socket, other] = [await connected(a, family, port, ADDRESS.c[family]), await bound(a, family)];
    await heard(socket, peer, "while it is there");
    await peer.close();
    assertEquals(await socket.send("when it is gone"), null);
    assertEquals(await socket.error("the closed port"), "recvmsg ECONNREFUSED");
    for (const text of ["one", "two"]) assertEquals(await other.send(text, port, ADDRESS.c[family]), null);

    const again = await c.bound(type, { port, address: ANY[family] });
    await heard(socket, again, "when it is back");
    assertEquals(await other.send("from the other", port, ADDRESS.c[family]), null);
    assertEquals((await again.message("the other's")).text, "from the other");
    for (const each of [socket, other, again]) await each.close();
  });

  // The router's words for it are others in IPv6.
  const prohibited = family === 4 ? "EHOSTUNREACH" : "EACCES";
  test(`a router that forbids the way to a ${type} peer is an ${prohibited}, and the way back is open at once`, {
    skip: familySkip(family) || noErrors,
  }, async () => {
    const { a, c, namespaces } = await network();
    const address = await newAddress(family);
    const peer = await bound(c, family);
    const socket = await connected(a, family, (await peer.address()).port, address);
    await heard(socket, peer, "before");
    namespaces.ip("router", `route add prohibit ${address}/${prefix}`);
    assertEquals(await socket.send("forbidden"), null);
    assertEquals(await socket.error("the router's refusal"), `recvmsg ${prohibited}`);
    namespaces.ip("router", `route del prohibit ${address}/${prefix}`);
    await heard(socket, peer, "after");
    for (const each of [socket, peer]) await each.close();
  });

  test(`a ${type} peer that a router can't reach for a while is no error, and hears what is sent later`, {
    skip: familySkip(family) || lacking("connect"),
  }, async () => {
    const { a, c, namespaces } = await network();
    const address = await newAddress(family);
    const peer = await bound(c, family);
    const socket = await connected(a, family, (await peer.address()).port, address);
    await heard(socket, peer, "before");
    namespaces.ip("router", `route add unreachable ${address}/${prefix}`);
    for (const text of ["lost", "lost as well"]) assertEquals(await socket.send(text), null);
    namespaces.ip("router", `route del unreachable ${address}/${prefix}`);
    await heard(socket, peer, "after");
    for (const each of [socket, peer]) await each.close();
  });

  // What a firewall rejects fails at once, and the socket is told of the ICMP error that it sends as well.
  test(`a ${type} datagram to a peer that the host's own firewall rejects is one error, and the next is on its way`, {
    skip: familySkip(family) || noErrors || noFirewall(),
  }, async () => {
    const { a, c, namespaces } = await network();
    const peer = await bound(c, family);
    const { port } = await peer.address();
    const socket = await connected(a, family, port, ADDRESS.c[family]);
    const reject = `udp dport ${port} reject with icmp${family === 6 ? "v6" : ""} type port-unreachable`;
    filter({ namespaces }, `table inet rejecting { chain out { type filter hook output priority 0; ${reject}; }; }`);
    for (const text of ["one", "two"]) {
      assertEquals([text, await socket.send(text)], [text, "EPERM"]);
      assertEquals(await socket.error(`the rejection of ${text}`), "recvmsg ECONNREFUSED");
    }
    filter({ namespaces }, "delete table inet rejecting");
    await heard(socket, peer, "after");
    for (const each of [socket, peer]) await each.close();
  });

  test(`a destination without a way is an error of the ${type} send alone`, { skip: familySkip(family) }, async () => {
    const { a, c, namespaces } = await network();
    const address = await newAddress(family);
    const [socket, peer] = [await bound(a, family), await bound(c, family)];
    const { port } = await peer.address();
    const codes: (string | null)[] = [];
    for (const kind of ["unreachable", "prohibit", "blackhole"]) {
      namespaces.ip("a", `route add ${kind} ${address}/${prefix}`);
      codes.push(await socket.send(kind, port, address));
      namespaces.ip("a", `route del ${kind} ${address}/${prefix}`);
    }
    assertEquals(await socket.send("on its way", port, address), null);
    assertEquals((await peer.message("what was sent last")).text, "on its way");
    const isTold = capabilities.features.sendErrors === "native";
    assertEquals(codes, isTold ? ["EHOSTUNREACH", "EACCES", "EINVAL"] : Array(3).fill("ENETUNREACH"));
    for (const each of [socket, peer]) await each.close();
  });

  test(`connectSync() of ${type} to where no way leads throws EHOSTUNREACH`, {
    skip: familySkip(family) || noErrors,
  }, async () => {
    const { a, namespaces } = await network();
    const address = await newAddress(family);
    const socket = await bound(a, family);
    namespaces.ip("a", `route add unreachable ${address}/${prefix}`);
    assertEquals(await socket.refusal("connectSync", 9, address), "EHOSTUNREACH");
    namespaces.ip("a", `route del unreachable ${address}/${prefix}`);
    await socket.call("connectSync", 9, address);
    await socket.close();
  });

  test(`a datagram too large for a link on its way is an EMSGSIZE to a connected ${type} socket, and the next is cut`, {
    skip: familySkip(family) || noErrors,
  }, async () => {
    const { a, c } = await network();
    const address = await newAddress(family);
    const peer = await bound(c, family);
    const socket = await connected(a, family, (await peer.address()).port, address);
    const fitting = SMALL_MTU - HEADERS[family];
    assertEquals(await socket.send(fitting), null);
    assertEquals((await peer.message("what just fits")).size, fitting);
    assertEquals(await socket.send(fitting + 1), null);
    assertEquals(await socket.error("the router's message"), "recvmsg EMSGSIZE");
    assertEquals(await socket.send(fitting + 1), null);
    assertEquals((await peer.message("what came in pieces")).size, fitting + 1);
    for (const each of [socket, peer]) await each.close();
  });

  test(`what a router says of a path's MTU shows in getPathMTU(), and in what must not be cut on ${type}`, {
    skip: familySkip(family) || lacking("dontFragment") || lacking("pathMTU"),
  }, async () => {
    const { a, c } = await network();
    const address = await newAddress(family);
    const peer = await bound(c, family);
    const socket = await connected(a, family, (await peer.address()).port, address);
    await socket.call("setDontFragment", true);
    assertEquals(await socket.call("getPathMTU"), 1500);
    assertEquals(await socket.send(1501 - HEADERS[family]), "EMSGSIZE");
    assertEquals(await socket.send(1500 - HEADERS[family]), null);
    assertEquals(await socket.error("the router's message"), "recvmsg EMSGSIZE");
    assertEquals(await socket.call("getPathMTU"), SMALL_MTU);
    const fitting = SMALL_MTU - HEADERS[family];
    assertEquals([await socket.send(fitting + 1), await socket.send(fitting)], ["EMSGSIZE", null]);
    assertEquals((await peer.message("what fits")).size, fitting);
    await socket.call("setDontFragment", false);
    assertEquals(await socket.send(TOO_LARGE), null);
    assertEquals((await peer.message("what came in pieces")).size, TOO_LARGE);
    for (const each of [socket, peer]) await each.close();
  });

  test(`an unconnected ${type} socket hears nothing of a datagram too large, and the next arrives in pieces`, {
    skip: familySkip(family),
  }, async () => {
    const { a, c } = await network();
    const address = await newAddress(family);
    const [socket, peer] = [await bound(a, family), await bound(c, family)];
    const { port } = await peer.address();
    for (const size of [5, TOO_LARGE, TOO_LARGE, 60_000]) assertEquals(await socket.send(size, port, address), null);
    const sizes = [];
    for (let n = 0; n < 3; n++) sizes.push((await peer.message(`datagram ${n + 1}`)).size);
    assertEquals(sizes, [5, TOO_LARGE, 60_000]);
    for (const each of [socket, peer]) await each.close();
  });
}

test("a datagram that must not be cut fails with EMSGSIZE, on its own link and where the way is known", {
  skip: namespacesSkip || pythonSkip || lacking("fd") ||
    (capabilities.features.fd === "emulated" && capabilities.notes.sendErrors!),
}, async () => {
  const net = await network();
  const address = await newAddress(4);
  const host = await net.adopting("a", "uncut");
  const socket = await host.socket("udp4");
  await socket.call("bindInherited");
  const peer = await bound(net.c, 4);
  const { port } = await peer.address();
  assertEquals(await socket.send(1501 - HEADERS[4], port, address), "EMSGSIZE");
  // The first is lost at the router, whose message tells the kernel what the way can carry.
  assertEquals(await socket.send(TOO_LARGE, port, address), null);
  assertEquals(await socket.send(TOO_LARGE, port, address), "EMSGSIZE");
  const fitting = SMALL_MTU - HEADERS[4];
  assertEquals(await socket.send(fitting + 1, port, address), "EMSGSIZE");
  assertEquals(await socket.send(fitting, port, address), null);
  assertEquals((await peer.message("what fits")).size, fitting);
  for (const each of [socket, peer]) await each.close();
  await host.end();
});

test("nothing is left of the network of failures", { skip: namespacesSkip }, async () => {
  assertEquals(await endNetwork(), []);
});
