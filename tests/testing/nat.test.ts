/** NATs in memory, by RFC 4787. */
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import type { Socket } from "@x/dgram";
import {
  createNetwork,
  type Dependence,
  type End,
  type NatKind,
  type NatOptions,
  type Network,
  type NetworkHost,
  type NetworkNat,
} from "@x/dgram/testing";
import { test } from "node:test";

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

/** A socket, and what it has heard. */
interface Peer {
  readonly socket: Socket;
  readonly heard: string[];
  readonly errors: unknown[];
  send(text: string, to: End): void;
}

function open(host: NetworkHost, port = 5000): Peer {
  const socket = host.dgram.createSocket("udp4");
  const heard: string[] = [];
  const errors: unknown[] = [];
  socket.on("message", (message, from) => heard.push(`${message} from ${from.address}:${from.port}`));
  socket.on("error", (error) => errors.push(codeOf(error)));
  socket.bindSync({ port });
  return { socket, heard, errors, send: (text, to) => socket.send(text, to.port, to.address) };
}

/** A server that tells whoever asks where it sees them, as a STUN server does. */
function stun(host: NetworkHost, port = 3478): void {
  for (const address of host.addresses) {
    const socket = host.dgram.createSocket("udp4");
    socket.on("message", (_message, from) => socket.send(`${from.address} ${from.port}`, from.port, from.address));
    socket.bindSync({ port, address });
  }
}

/** Asks one, and gives the answer. */
async function askStun(net: Network, { socket }: Peer, server: End): Promise<End> {
  const answer = new Promise<string>((done) => socket.once("message", (message) => done(String(message))));
  socket.send("where am I?", server.port, server.address);
  const [address, port] = (await net.run({ until: answer })).split(" ");
  return { address, port: Number(port) };
}

interface Home {
  readonly net: Network;
  readonly nat: NetworkNat;
  readonly laptop: NetworkHost;
  readonly server: NetworkHost;
}

function home(options: NatOptions = {}): Home {
  const net = createNetwork({ seed: 4, trace: true });
  const server = net.host({ name: "server", addresses: ["198.51.100.1", "198.51.100.2"] });
  const nat = net.nat({ name: "home", outside: ["203.0.113.1"], inside: ["192.168.1.1/24"], ...options });
  const laptop = net.host({ name: "laptop", behind: nat });
  return { net, nat, laptop, server };
}

test("what leaves a NAT has its address, and the answer finds the host behind it", async () => {
  const { net, nat, laptop, server } = home();
  assertEquals(laptop.addresses, ["192.168.1.2"]);
  const [a, b] = [open(laptop, 5000), open(server, 53)];
  a.send("hello", { address: "198.51.100.1", port: 53 });
  await net.idle();
  assertEquals(b.heard, ["hello from 203.0.113.1:5000"]);
  b.send("answer", { address: "203.0.113.1", port: 5000 });
  await net.idle();
  assertEquals(a.heard, ["answer from 198.51.100.1:53"]);
  assertEquals(nat.mappings, [{
    inside: { address: "192.168.1.2", port: 5000 },
    outside: { address: "203.0.113.1", port: 5000 },
    expires: 120_001,
  }]);
  assertEquals(
    net.trace.filter(({ fate }) => fate === "translated").map(({ host, reason, source, destination }) => [
      host,
      reason,
      source.address,
      destination.address,
    ]),
    [
      ["home", "the source 192.168.1.2:5000 is 203.0.113.1:5000 now", "203.0.113.1", "198.51.100.1"],
      ["home", "the destination 203.0.113.1:5000 is 192.168.1.2:5000 now", "198.51.100.1", "192.168.1.2"],
    ],
  );
  await net.close();
});

test("addresses behind a NAT can't be reached from outside, and two homes may have the same", async () => {
  const { net, laptop, server } = home();
  const other = net.nat({ name: "other", outside: ["203.0.113.2"] });
  const phone = net.host({ name: "phone", behind: other, addresses: ["192.168.1.2/24"] });
  const [a, b, c] = [open(laptop), open(server), open(phone)];
  b.send("no way", { address: "192.168.1.2", port: 5000 });
  a.send("myself", { address: "192.168.1.2", port: 5000 });
  c.send("nobody", { address: "192.168.1.7", port: 5000 });
  c.send("unasked", { address: "203.0.113.1", port: 5000 });
  await net.idle();
  assertEquals([a.heard, b.heard, c.heard], [["myself from 192.168.1.2:5000"], [], []]);
  const fates = net.trace.filter(({ fate }) => fate !== "sent" && fate !== "delivered");
  assertEquals(
    fates.map(({ host, fate, reason }) => `${host} ${fate}: ${reason}`).sort(),
    [
      "home blocked: nothing is mapped to the port",
      "other translated: the source 192.168.1.2:5000 is 203.0.113.2:5000 now",
      "other translated: the source 192.168.1.2:5000 is 203.0.113.2:5000 now",
      "other lost: no host has the address",
      "server lost: no host has the address",
    ].sort(),
  );
  await net.close();
});

const DEPENDENCES: readonly Dependence[] = ["endpoint-independent", "address-dependent", "address-and-port-dependent"];
const [EI, AD, APD] = DEPENDENCES;

test("a mapping depends on what it says, as a STUN client finds out", async () => {
  const found = new Map<Dependence, string>();
  for (const mapping of DEPENDENCES) {
    const { net, laptop, server } = home({ mapping, preservePorts: false });
    stun(server, 3478);
    stun(server, 3479);
    const peer = open(laptop);
    const ends: End[] = [];
    for (const address of ["198.51.100.1", "198.51.100.2"]) {
      for (const port of [3478, 3479]) {
        ends.push(await askStun(net, peer, { address, port }));
      }
    }
    assert(ends.every(({ address, port }) => address === "203.0.113.1" && port >= 1024));
    const ports = ends.map(({ port }) => port);
    found.set(mapping, ports.map((port) => ports.indexOf(port)).join(""));
    await net.close();
  }
  assertEquals([...found], [[EI, "0000"], [AD, "0022"], [APD, "0123"]]);
});

test("a filter lets in what it says", async () => {
  const found = new Map<Dependence, string[]>();
  for (const filtering of DEPENDENCES) {
    const { net, laptop, server } = home({ filtering });
    const other = net.host({ name: "other", addresses: ["198.51.100.9"] });
    const [a, known, port, address] = [open(laptop), open(server, 53), open(server, 54), open(other, 53)];
    a.send("hello", { address: "198.51.100.1", port: 53 });
    await net.idle();
    for (const [text, from] of [["same", known], ["port", port], ["address", address]] as const) {
      from.send(text, { address: "203.0.113.1", port: 5000 });
    }
    await net.idle();
    found.set(filtering, a.heard.map((text) => text.split(" ")[0]));
    const blocked = net.trace.filter(({ fate }) => fate === "blocked");
    assertEquals(blocked.length, 3 - a.heard.length);
    for (const { reason, source } of blocked) {
      assertEquals(reason, `nothing was sent to ${source.address}:${source.port} from it`);
    }
    await net.close();
  }
  assertEquals([...found], [[EI, ["same", "port", "address"]], [AD, ["same", "port"]], [APD, ["same"]]]);
});

/** Two hosts behind NATs learn of each other by a server, and send to what they have learned, as in RFC 5128. */
async function punch(a: NatOptions, b: NatOptions): Promise<boolean> {
  const net = createNetwork({ seed: 2 });
  stun(net.host({ name: "server", addresses: ["198.51.100.1"] }));
  const peers = [a, b].map((options, number) => {
    const nat = net.nat({ name: `nat ${number}`, outside: [`203.0.113.${number + 1}`], ...options });
    return open(net.host({ name: `peer ${number}`, behind: nat }));
  });
  const ends: End[] = [];
  for (const peer of peers) ends.push(await askStun(net, peer, { address: "198.51.100.1", port: 3478 }));
  for (const peer of peers) peer.heard.length = 0;
  for (const { socket } of peers) {
    socket.on("message", (message, from) => {
      if (String(message) === "punch") socket.send("heard", from.port, from.address);
    });
  }
  for (let round = 0; round < 3; round++) {
    peers.forEach((peer, number) => peer.send("punch", ends[1 - number]));
    await net.idle();
  }
  await net.close();
  return peers.every(({ heard }) => heard.length > 0);
}

interface Nat {
  readonly mapping: Dependence;
  readonly filtering: Dependence;
}

/** Whether what `a` sends to where the server has seen `b` comes in: that mapping of `b` has to have sent to `a`. */
const comesIn = (a: Nat, b: Nat): boolean =>
  b.filtering === EI || (b.mapping === EI && (b.filtering === AD || a.mapping === EI));

/** Whether the answer to it comes back: it comes from where `a` has sent to, or at least from that address. */
const isAnswered = (a: Nat, b: Nat): boolean => comesIn(a, b) && (b.mapping === EI || a.filtering !== APD);

const meet = (a: Nat, b: Nat): boolean => isAnswered(a, b) || isAnswered(b, a) || (comesIn(a, b) && comesIn(b, a));

test("hole punching comes out as theory has it, for all mappings and filters of both sides", async () => {
  const nats = DEPENDENCES.flatMap((mapping) => DEPENDENCES.map((filtering) => ({ mapping, filtering })));
  let met = 0;
  for (const a of nats) {
    for (const b of nats) {
      const expected = meet(a, b);
      if (expected) met++;
      assertEquals([a, b, await punch({ ...a, preservePorts: false }, { ...b, preservePorts: false })], [
        a,
        b,
        expected,
      ]);
    }
  }
  assertEquals(met, 45);
});

test("the kinds by their old names meet as everybody knows", async () => {
  const kinds: readonly NatKind[] = ["full cone", "restricted cone", "port restricted cone", "symmetric", "masquerade"];
  const failed: string[] = [];
  for (const [index, a] of kinds.entries()) {
    for (const b of kinds.slice(index)) {
      // Linux keeps the port whatever it is sent to, as long as nobody else wants it.
      if (!await punch({ kind: a }, { kind: b })) failed.push(`${a}, ${b}`);
    }
  }
  assertEquals(failed, ["port restricted cone, symmetric", "symmetric, symmetric", "symmetric, masquerade"]);
});

test("a mapping lasts two minutes from what was last sent, and with refresh: both from what came", async () => {
  for (const refresh of ["outbound", "both"] as const) {
    const { net, nat, laptop, server } = home({ refresh });
    const [a, b] = [open(laptop), open(server, 53)];
    const back: End = { address: "203.0.113.1", port: 5000 };
    a.send("hello", { address: "198.51.100.1", port: 53 });
    await net.run({ for: "100s" });
    b.send("one", back);
    await net.run({ for: "19s" });
    a.send("again", { address: "198.51.100.1", port: 53 });
    await net.run({ for: "110s" });
    b.send("two", back);
    await net.run({ for: "20s" });
    b.send("three", back);
    await net.run({ for: "1s" });
    const told = a.heard.map((text) => text.split(" ")[0]);
    assertEquals(told, refresh === "both" ? ["one", "two", "three"] : ["one", "two"]);
    assertEquals(nat.mappings.length, refresh === "both" ? 1 : 0);
    await net.run({ for: "121s" });
    assertEquals(nat.mappings, []);
    await net.close();
  }
  const { net, laptop, server } = home({ lifetime: "1s" });
  const [a, b] = [open(laptop), open(server, 53)];
  a.send("hello", { address: "198.51.100.1", port: 53 });
  // It was sent from the NAT after 1 ms, and would be there after 1,001.
  await net.run({ for: "999.9ms" });
  b.send("in time", { address: "203.0.113.1", port: 5000 });
  await net.run({ for: "0.1ms" });
  b.send("too late", { address: "203.0.113.1", port: 5000 });
  await net.idle();
  assertEquals(a.heard, ["in time from 198.51.100.1:53"]);
  await net.close();
});

test("two behind one NAT reach each other by their outside ends, if it has a hairpin", async () => {
  for (const hairpin of [true, false]) {
    const { net, nat, laptop } = home({ kind: "full cone", hairpin });
    stun(net.host({ name: "stun", addresses: ["198.51.100.7"] }));
    const [a, b] = [open(laptop), open(net.host({ name: "phone", behind: nat }), 6000)];
    const seen = await askStun(net, b, { address: "198.51.100.7", port: 3478 });
    b.heard.length = 0;
    a.send("by the outside", seen);
    await net.idle();
    assertEquals(b.heard, hairpin ? ["by the outside from 203.0.113.1:5000"] : []);
    b.send("by the inside", { address: "192.168.1.2", port: 5000 });
    await net.idle();
    assertEquals(a.heard, ["by the inside from 192.168.1.3:6000"]);
    await net.close();
  }
});

test("ports are kept where they are free, and what needs one when all are taken is blocked", async () => {
  const { net, nat, laptop, server } = home({ ports: [5000, 5002] });
  const server53 = open(server, 53);
  const phone = net.host({ name: "phone", behind: nat });
  const peers = [open(laptop, 5000), open(phone, 5000), open(laptop, 5002), open(laptop, 7)];
  for (const [index, peer] of peers.entries()) {
    peer.send(String(index), { address: "198.51.100.1", port: 53 });
    await net.run({ for: "10ms" });
  }
  assertEquals(server53.heard, [0, 1, 2].map((index) => `${index} from 203.0.113.1:${[5000, 5001, 5002][index]}`));
  assertEquals(net.trace.filter(({ fate }) => fate === "blocked").map(({ reason }) => reason), [
    "all of its ports are taken",
  ]);
  // They are free again when their mappings have expired.
  await net.run({ for: "2m" });
  peers[3].send("later", { address: "198.51.100.1", port: 53 });
  await net.idle();
  assertEquals(server53.heard.length, 4);
  await net.close();
});

test("an inside address keeps its outside address, of which a NAT may have several", async () => {
  const { net, nat, laptop, server } = home({ outside: ["203.0.113.1", "203.0.113.2"] });
  const server53 = open(server, 53);
  const phone = net.host({ name: "phone", behind: nat });
  const peers = [open(laptop, 5000), open(phone, 5000), open(laptop, 5001), open(phone, 5001)];
  for (const peer of peers) peer.send("x", { address: "198.51.100.1", port: 53 });
  await net.idle();
  assertEquals(server53.heard.map((text) => text.split(" ")[2]), [
    "203.0.113.1:5000",
    "203.0.113.2:5000",
    "203.0.113.1:5001",
    "203.0.113.2:5001",
  ]);
  await net.close();
});

test("masquerading shares a port between those that speak to different ones", async () => {
  const { net, nat, laptop, server } = home({ kind: "masquerade" });
  const phone = net.host({ name: "phone", behind: nat });
  const [one, two] = [open(server, 53), open(server, 54)];
  const [a, b] = [open(laptop), open(phone)];
  a.send("a", { address: "198.51.100.1", port: 53 });
  b.send("b", { address: "198.51.100.1", port: 54 });
  await net.idle();
  assertEquals([one.heard, two.heard], [["a from 203.0.113.1:5000"], ["b from 203.0.113.1:5000"]]);
  one.send("to a", { address: "203.0.113.1", port: 5000 });
  two.send("to b", { address: "203.0.113.1", port: 5000 });
  b.send("b", { address: "198.51.100.1", port: 53 });
  await net.idle();
  assertEquals([a.heard, b.heard], [["to a from 198.51.100.1:53"], ["to b from 198.51.100.1:54"]]);
  assertNotEquals(one.heard[1], "b from 203.0.113.1:5000");
  await net.close();
});

test("ICMP errors find the host behind the NAT, and those of its own find the host outside", async () => {
  const { net, laptop, server } = home();
  const [a, b] = [open(laptop), open(server, 53)];
  a.socket.connectSync(9, "198.51.100.1");
  a.socket.send("nobody is there");
  await net.idle();
  assertEquals(a.errors, ["ECONNREFUSED"]);
  a.socket.disconnect();
  a.send("hello", { address: "198.51.100.1", port: 53 });
  await net.idle();
  b.socket.connectSync(5000, "203.0.113.1");
  a.socket.close();
  b.socket.send("is it gone?");
  await net.idle();
  assertEquals(b.errors, ["ECONNREFUSED"]);
  await net.close();
});

test("a path MTU behind a NAT is told to the host that sent too much", async () => {
  const { net, nat, laptop, server } = home();
  const [a, b] = [open(laptop), open(server, 53)];
  net.link(nat, server, { mtu: 1280 });
  a.socket.connectSync(53, "198.51.100.1");
  a.socket.send(new Uint8Array(1400));
  await net.idle();
  assertEquals([a.errors, b.heard.length, a.socket.getPathMTU()], [["EMSGSIZE"], 0, 1280]);
  a.socket.send(new Uint8Array(1400));
  await net.idle();
  assertEquals(b.heard.length, 1);
  await net.close();
});

test("two NATs in a row translate twice, and neither knows what is behind the other", async () => {
  const net = createNetwork({ trace: true });
  const server = net.host({ name: "server", addresses: ["198.51.100.1"] });
  const carrier = net.nat({ name: "carrier", outside: ["203.0.113.1"], inside: ["100.64.0.1/10"] });
  const nat = net.nat({ name: "home", behind: carrier });
  const laptop = net.host({ name: "laptop", behind: nat });
  assertEquals([nat.addresses, laptop.addresses], [["100.64.0.2", "192.168.2.1"], ["192.168.2.2"]]);
  const [a, b] = [open(laptop), open(server, 53)];
  a.send("hello", { address: "198.51.100.1", port: 53 });
  await net.idle();
  b.send("answer", { address: "203.0.113.1", port: 5000 });
  await net.idle();
  assertEquals([a.heard, b.heard], [["answer from 198.51.100.1:53"], ["hello from 203.0.113.1:5000"]]);
  assertEquals(net.trace.filter(({ fate }) => fate === "translated").map(({ host }) => host), [
    "home",
    "carrier",
    "carrier",
    "home",
  ]);
  a.socket.connectSync(9, "198.51.100.1");
  a.socket.send("nobody is there");
  await net.idle();
  assertEquals(a.errors, ["ECONNREFUSED"]);
  // Two customers of one carrier, by its hairpin.
  const other = open(net.host({ name: "phone", behind: net.nat({ name: "next door", behind: carrier }) }), 6000);
  const full = carrier.mappings.map(({ outside }) => outside.port);
  assertEquals(full, [5000]);
  other.send("over there", { address: "198.51.100.1", port: 53 });
  await net.idle();
  assertEquals(b.heard.at(-1), "over there from 203.0.113.1:6000");
  await net.close();
});

test("a NAT that is stopped lets nothing through and forgets, and is a host of its own", async () => {
  const { net, nat, laptop, server } = home();
  const [a, b] = [open(laptop), open(server, 53)];
  const own = open(nat, 5000);
  a.send("hello", { address: "198.51.100.1", port: 53 });
  await net.idle();
  // Its own socket has the port.
  const [, port] = b.heard[0].split(":");
  assertNotEquals(port, "5000");
  b.send("to the NAT", { address: "203.0.113.1", port: 5000 });
  a.send("to the gateway", { address: "192.168.1.1", port: 5000 });
  await net.idle();
  assertEquals(own.heard.sort(), ["to the NAT from 198.51.100.1:53", "to the gateway from 192.168.1.2:5000"].sort());
  nat.crash();
  a.send("nobody passes it on", { address: "198.51.100.1", port: 53 });
  await net.idle();
  nat.start();
  b.send("forgotten", { address: "203.0.113.1", port: Number(port) });
  await net.idle();
  assertEquals([a.heard, b.heard.length, nat.mappings], [[], 1, []]);
  await net.close();
});

test("a link of a host behind a NAT is that to the NAT, and there is none beyond it", async () => {
  const { net, nat, laptop, server } = home();
  const error = assertThrows(() => net.link(laptop, server, { loss: 1 })) as Error;
  assertEquals([codeOf(error), error.message], [
    "ERR_NETWORK_NOT_LINKED",
    "laptop and server have no link of their own: between them is home",
  ]);
  const [a, b] = [open(laptop), open(server, 53)];
  const send = async (): Promise<number> => {
    a.send("x", { address: "198.51.100.1", port: 53 });
    await net.idle();
    return b.heard.length;
  };
  const links = [net.link(laptop, nat, { loss: 1 }), net.link(nat, server, { loss: 1 })];
  assertEquals(await send(), 0);
  links[0].undo();
  assertEquals(await send(), 0);
  links[1].undo();
  assertEquals(await send(), 1);
  assertThrows(() => net.partition([laptop], [server]), Error, "have no link of their own");
  const cut = net.partition([laptop, nat], [server]);
  assertEquals(await send(), 1);
  cut.undo();
  assertEquals(await send(), 2);
  await net.close();
});

test("what can't be a NAT is refused with a code", () => {
  const net = createNetwork();
  const host = net.host({ name: "host" });
  const refuse = (options: object, code: string): void => {
    const error = assertThrows(() => net.nat(options as NatOptions));
    assertEquals([codeOf(error), JSON.stringify(options)], [code, JSON.stringify(options)]);
  };
  refuse({ kind: "conical" }, "ERR_INVALID_ARG_VALUE");
  refuse({ mapping: "none" }, "ERR_INVALID_ARG_VALUE");
  refuse({ filtering: 1 }, "ERR_INVALID_ARG_VALUE");
  refuse({ refresh: "inbound" }, "ERR_INVALID_ARG_VALUE");
  refuse({ lifetime: 0 }, "ERR_OUT_OF_RANGE");
  refuse({ lifetime: "long" }, "ERR_INVALID_ARG_TYPE");
  refuse({ hairpin: "yes" }, "ERR_INVALID_ARG_TYPE");
  refuse({ sharePorts: true }, "ERR_INVALID_ARG_VALUE");
  refuse({ ports: 5000 }, "ERR_INVALID_ARG_VALUE");
  refuse({ ports: [5000, 4000] }, "ERR_OUT_OF_RANGE");
  refuse({ ports: [0, 4000] }, "ERR_OUT_OF_RANGE");
  refuse({ inside: ["everything"] }, "ERR_INVALID_ARG_VALUE");
  refuse({ inside: ["10.0.0.1"], addresses: ["10.0.0.2"] }, "ERR_INVALID_ARG_VALUE");
  refuse({ behind: host }, "ERR_NETWORK_NO_ROUTER");
  refuse({ behind: "nobody" }, "ERR_NETWORK_NO_SUCH_HOST");
  refuse({ outside: host.addresses }, "ERR_NETWORK_ADDRESS_IN_USE");
  const small = net.nat({ name: "small", inside: ["10.0.0.1/30"] });
  net.host({ behind: small });
  assertEquals(codeOf(assertThrows(() => net.host({ behind: small }))), "ERR_NETWORK_NO_ADDRESS_LEFT");
  assertEquals(
    codeOf(assertThrows(() => net.host({ behind: small, addresses: ["10.0.0.1"] }))),
    "ERR_NETWORK_ADDRESS_IN_USE",
  );
  // Nothing of it was left behind.
  assertEquals(net.hosts.length, 3);
});

test("a NAT forgets what has expired, however many there were, and keeps what has not", async () => {
  const { net, nat, laptop, server } = home({ mapping: APD, lifetime: "60s", unansweredLifetime: "60s" });
  open(server, 53);
  const kept = open(laptop, 5000);
  const many = open(laptop, 6000);
  kept.send("hello", { address: "198.51.100.1", port: 53 });
  await net.idle();
  for (let port = 1; port <= 1100; port++) many.send("once", { address: "198.51.100.2", port });
  await net.run({ for: "50s" });
  kept.send("again", { address: "198.51.100.1", port: 53 });
  await net.run({ for: "20s" });
  many.send("once more", { address: "198.51.100.1", port: 53 });
  await net.idle();
  assertEquals(nat.mappings.map(({ inside, outside }) => [inside.port, outside.port]), [[5000, 5000], [6000, 6000]]);
  await net.close();
});
