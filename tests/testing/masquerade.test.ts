/** What Linux's masquerading does beside RFC 4787, in memory. tests/network/memory compares it with the kernel. */
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { createNetwork, type NatOptions, type NetworkHost } from "@x/dgram/testing";
import { test } from "node:test";

const OUTSIDE = "203.0.113.1";

function home(options: NatOptions = {}) {
  const net = createNetwork();
  const [server, other] = ["198.51.100.1", "198.51.100.2"].map((address) => net.host({ addresses: [address] }));
  const nat = net.nat({ kind: "masquerade", outside: [OUTSIDE], ...options });
  const [laptop, phone] = [net.host({ behind: nat }), net.host({ behind: nat })];
  return { net, nat, server, other, laptop, phone };
}

/** A socket, and where what it heard came from, or the codes of its errors. */
function open(host: NetworkHost, port = 5000) {
  const heard: string[] = [];
  const socket = host.dgram.createSocket("udp4", (_message, from) => heard.push(`${from.address}:${from.port}`));
  socket.on("error", (error) => heard.push((error as { code?: string }).code!));
  socket.bindSync({ port });
  return { socket, heard, send: (to: string, at = 5000) => socket.send("x", at, to) };
}

test("what nobody inside has asked for is refused by a NAT that masquerades, also from inside", async () => {
  const { net, nat, server, other, laptop, phone } = home();
  const [asker, asked, stranger, near] = [laptop, server, other, phone].map((host) => open(host));
  asker.send(server.addresses[0]);
  await net.idle();
  for (const { socket } of [stranger, near]) {
    socket.connectSync(5000, OUTSIDE);
    socket.send("unasked");
  }
  await net.idle();
  assertEquals([asker.heard, asked.heard], [[], [`${OUTSIDE}:5000`]]);
  assertEquals([stranger.heard, near.heard], [["ECONNREFUSED"], ["ECONNREFUSED"]]);
  const program = open(nat);
  stranger.socket.send("for the NAT itself");
  await net.idle();
  assertEquals(program.heard, [`${other.addresses[0]}:5000`]);
  await net.close();
});

test("what came unasked has its port for half a minute, and who is given another one keeps that", async () => {
  const { net, nat, server, other, laptop } = home();
  const [asker, asked, stranger] = [laptop, server, other].map((host) => open(host));
  asked.send(OUTSIDE);
  await net.idle();
  asker.send(server.addresses[0]);
  asker.send(other.addresses[0]);
  await net.idle();
  const [{ outside: { port } }] = nat.mappings;
  assertNotEquals(port, 5000);
  assertEquals([asked.heard, stranger.heard], [[`${OUTSIDE}:${port}`], [`${OUTSIDE}:${port}`]]);
  await net.run({ for: "31s" });
  asker.send(server.addresses[0]);
  await net.idle();
  assertEquals(asked.heard[1], `${OUTSIDE}:5000`);
  await net.close();
});

test("a port below 1024 is kept, and in its place is another such one", async () => {
  const { net, server, laptop, phone } = home();
  const asked = open(server);
  for (const port of [53, 700, 2000]) for (const host of [laptop, phone]) open(host, port).send(server.addresses[0]);
  await net.idle();
  const ports = asked.heard.map((text) => Number(text.split(":")[1]));
  assertEquals([ports[0], ports[2], ports[4]], [53, 700, 2000]);
  assert(ports[1] < 512 && ports[3] >= 600 && ports[3] < 1024 && ports[5] >= 1024, String(ports));
  await net.close();
});

test("what nobody answers is remembered for half a minute, what is spoken for two", async () => {
  const { net, nat, server, laptop } = home();
  const asker = open(laptop);
  const asked = open(server);
  const left = (): number => Math.round((nat.mappings[0].expires - net.clock.now()) / 1000);
  asker.send(server.addresses[0]);
  await net.idle();
  assertEquals(left(), 30);
  asked.send(OUTSIDE);
  await net.idle();
  assertEquals(left(), 30);
  await net.run({ for: "3s" });
  asker.send(server.addresses[0]);
  await net.idle();
  assertEquals(left(), 120);
  await net.run({ for: "119s" });
  assertEquals(nat.mappings.length, 1);
  await net.run({ for: "2s" });
  assertEquals(nat.mappings, []);
  await net.close();
});

test("refusing and forgetting are options of each NAT", async () => {
  const refusing = home({ kind: "full cone", refuse: true, lifetime: "1m", unansweredLifetime: "5s" });
  const stranger = open(refusing.server);
  stranger.socket.connectSync(5000, OUTSIDE);
  stranger.socket.send("unasked");
  await refusing.net.idle();
  assertEquals(stranger.heard, ["ECONNREFUSED"]);
  open(refusing.laptop).send(refusing.other.addresses[0]);
  await refusing.net.run({ for: "6s" });
  assertEquals(refusing.nat.mappings, []);
  await refusing.net.close();
  const silent = home({ refuse: false });
  const other = open(silent.server);
  other.socket.connectSync(5000, OUTSIDE);
  other.socket.send("unasked");
  await silent.net.idle();
  assertEquals(other.heard, []);
  await silent.net.close();
  assertThrows(() => home({ unansweredLifetime: 0 }), RangeError);
  assertThrows(() => home({ refuse: "yes" as unknown as boolean }), TypeError);
});
