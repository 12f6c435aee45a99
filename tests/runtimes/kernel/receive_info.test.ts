/** What the kernel knows of a datagram, in `rinfo`. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { capabilities, createSocket, type Socket } from "@x/dgram/ffi";
import type { RemoteInfo } from "@x/dgram";
import type { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { test } from "node:test";
import { spawnSelf, startSelf } from "../../support/child.ts";
import type { JsonProcess } from "../../support/json_process.ts";
import { close } from "../../support/close.ts";
import { noAddress } from "../../support/loopback.ts";
import { peersSkip, python, startPeer } from "../../support/python.ts";
import { within } from "../../support/within.ts";

const LOOPBACK = "127.0.0.1";
const { features, notes } = capabilities;
const lacking = features.receiveInfo === "unavailable" ? notes.receiveInfo ?? "receiveInfo is unavailable" : false;
const there = lacking === false && "receiveInfo is there";

function open(type: "udp4" | "udp6" = "udp4"): { socket: Socket; port: number } {
  const socket = createSocket({ type, receiveInfo: true });
  return { socket, port: socket.bindSync().port };
}

async function next(socket: Socket): Promise<[Buffer, RemoteInfo]> {
  return await within(once(socket, "message"), "a message") as [Buffer, RemoteInfo];
}

interface Peer {
  readonly process: JsonProcess;
  readonly port: number;
  readonly lo: number;
}

async function startTraffic(family: 4 | 6): Promise<Peer> {
  const process = startPeer("traffic", [String(family)]);
  return { process, ...await within(process.next<{ port: number; lo: number }>(), "the peer's port") };
}

const CASES = [
  { name: "udp4", type: "udp4", family: 4, from: "127.0.0.1", to: "127.0.0.7" },
  { name: "udp6", type: "udp6", family: 6, from: "::1", to: "::1" },
  { name: "IPv4 on udp6", type: "udp6", family: 4, from: "127.0.0.1", to: "127.0.0.7", prefix: "::ffff:" },
] as const;

for (const { name, type, family, from, to, ...rest } of CASES) {
  test(`a message's rinfo has the destination, interface, hop limit, class and time of a peer's datagram: ${name}`, {
    skip: lacking || peersSkip || noAddress(to),
  }, async () => {
    const prefix = "prefix" in rest ? rest.prefix : "";
    const peer = await startTraffic(family);
    const { socket, port } = open(type);
    for (const [tos, ttl] of [[46 << 2 | 1, 33], [0, 64], [3, 1]]) {
      const before = BigInt(Date.now()) * 1_000_000n;
      peer.process.send({ texts: ["hello"], address: to, port, tos, ttl });
      const [message, { receivedAt, ...info }] = await next(socket);
      const after = BigInt(Date.now() + 1) * 1_000_000n;
      assertEquals(`${message}`, "hello");
      assertEquals(info, {
        address: prefix + from,
        family: type === "udp4" ? "IPv4" : "IPv6",
        port: peer.port,
        size: 5,
        destination: prefix + to,
        interfaceIndex: peer.lo,
        hopLimit: ttl,
        trafficClass: tos,
        ecn: tos & 3,
      });
      assert(before <= receivedAt! && receivedAt! <= after, `${before} ${receivedAt} ${after}`);
    }
    await close(socket);
    peer.process.end();
    await peer.process.result;
  });
}

test("the destination of a group's datagram is the group", { skip: lacking || peersSkip }, async () => {
  const unique = process.pid % 65_000 + 1;
  const group = `239.254.${unique >> 8}.${unique & 255}`;
  const peer = await startTraffic(4);
  const { socket, port } = open();
  socket.addMembership(group, LOOPBACK);
  peer.process.send({ texts: ["news"], address: group, port, tos: 0, ttl: 1 });
  const [message, { destination, hopLimit }] = await next(socket);
  assertEquals([`${message}`, destination, hopLimit], ["news", group, 1]);
  await close(socket);
  peer.process.end();
  await peer.process.result;
});

test("bursts arrive whole, in order and each with its info, as does what comes between them", {
  skip: lacking || peersSkip,
}, async () => {
  const peer = await startTraffic(4);
  const { socket, port } = open();
  const texts: string[] = [];
  let informed = 0;
  let wanted = 0;
  let reached = (): void => {};
  socket.on("message", (message, { destination, hopLimit, receivedAt }) => {
    texts.push(`${message}`);
    if (destination === LOOPBACK && hopLimit === 9 && receivedAt! > 0n) informed++;
    if (texts.length === wanted) reached();
  });
  for (const size of [1, 31, 1, 32, 33, 100, 64, 1, 2, 150]) {
    const burst = Array.from({ length: size }, (_, i) => String(wanted + i));
    wanted += size;
    const arrived = new Promise<void>((resolve) => reached = resolve);
    peer.process.send({ texts: burst, address: LOOPBACK, port, tos: 0, ttl: 9 });
    await within(arrived, `message ${wanted}`);
  }
  assertEquals(texts, Array.from({ length: wanted }, (_, i) => String(i)));
  assertEquals(informed, wanted);
  await close(socket);
  peer.process.end();
  await peer.process.result;
});

test("a thousand questions that each wait for the answer before are all answered", { skip: lacking }, async () => {
  const { socket, port } = open();
  const client = open();
  socket.on("message", (message, from) => socket.send(message, from.port, from.address));
  let answers = 0;
  const done = new Promise<void>((resolve) => {
    client.socket.on("message", (message) => {
      if (++answers === 1000) resolve();
      else client.socket.send(message, port, LOOPBACK);
    });
  });
  client.socket.send("?", port, LOOPBACK);
  await within(done, "the last answer");
  await close(socket, client.socket);
});

test("what arrived in the turn of the bind has its info too", { skip: lacking || peersSkip }, async () => {
  const { socket, port } = open();
  // In its own process, and at its end before this turn's.
  const script = `import socket\nsocket.socket(2, 2).sendto(b"early", ("127.0.0.1", ${port}))`;
  assertEquals(spawnSync(python, ["-c", script]).status, 0);
  const [message, { destination }] = await next(socket);
  assertEquals([`${message}`, destination], ["early", LOOPBACK]);
  await close(socket);
});

test("a connected socket with receiveInfo hears its peer alone, and of its absence", { skip: lacking }, async () => {
  const peer = open();
  const stranger = createSocket("udp4");
  stranger.bindSync({ address: LOOPBACK });
  const { socket, port } = open();
  socket.connectSync(peer.port, LOOPBACK);
  stranger.send("no", port, LOOPBACK);
  stranger.once("error", () => {});
  peer.socket.send("yes", port, LOOPBACK);
  const [message, { destination }] = await next(socket);
  assertEquals([`${message}`, destination], ["yes", LOOPBACK]);
  await close(peer.socket);
  socket.send("anybody?");
  const [error] = await within(once(socket, "error"), "'error'");
  assertEquals([error.code, error.syscall], ["ECONNREFUSED", "recvmsg"]);
  await close(socket, stranger);
});

test("an exception of a listener is an uncaughtException, and the next message is still delivered", {
  skip: lacking,
}, async () => {
  const { code, stdout, stderr } = await spawnSelf("runtimes/kernel/receive_info", ["closed after a listener threw"]);
  assertEquals([code, stdout.trim().split("\n")], [0, ["first", "the listener's", "second"]], stderr);
});

test("without receiveInfo an rinfo has the keys of node:dgram and no other", async () => {
  const socket = createSocket("udp4");
  const { port } = socket.bindSync({ address: LOOPBACK });
  socket.send("x", port, LOOPBACK);
  const [, from] = await next(socket);
  assertEquals(Object.keys(from), ["address", "family", "port", "size"]);
  await close(socket);
});

test("where receiveInfo is unavailable the bind says what would bring it, and the socket stays unbound", {
  skip: there,
}, async () => {
  const expected = `The feature receiveInfo is unavailable on ${capabilities.runtime}: ${notes.receiveInfo}`;
  const socket = createSocket({ type: "udp4", receiveInfo: true });
  const error = assertThrows(() => socket.bindSync(), Error) as Error & { code: string };
  assertEquals([error.code, error.message], ["ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", expected]);
  socket.bind(0, LOOPBACK);
  const [emitted] = await within(once(socket, "error"), "'error'");
  assertEquals([emitted.code, emitted.message], ["ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", expected]);
  assertThrows(() => socket.address(), Error, "EBADF");
  await close(socket);
});

for (const life of ["closed", "unreferenced", "closed in the turn of its bind"]) {
  test(`a process with a socket that asked for receiveInfo ends when it is ${life}`, { skip: lacking }, async () => {
    const { code, stderr, timedOut } = await spawnSelf("runtimes/kernel/receive_info", [life], { timeout: 20_000 });
    assertEquals([code, timedOut], [0, false], stderr);
  });
}

/** A process may not look at its own, on Deno; another may. */
function descriptorsOf(pid: number | undefined): number {
  const script = `import os\nprint(len(os.listdir("/proc/${pid}/fd")))`;
  return Number(spawnSync(python, ["-c", script], { encoding: "utf8" }).stdout);
}

test("sockets that asked for receiveInfo leave no descriptor behind", {
  skip: lacking || peersSkip || (process.platform === "linux" ? false : "there is no /proc"),
}, async () => {
  const child = startSelf("runtimes/kernel/receive_info", ["one of many, which are all closed"]);
  await within(child.next(), "the first");
  child.send("on");
  await within(child.next(), "twenty more");
  const before = descriptorsOf(child.pid);
  child.send("on");
  await within(child.next(), "a hundred more");
  const after = descriptorsOf(child.pid);
  child.send("on");
  child.end();
  const { code, stderr } = await child.result;
  assertEquals(code, 0, stderr);
  assert(before > 0);
  // Deno closes a descriptor some turns after 'close', and opens some of its own to read from stdin.
  assert(after - before < 10, `${before} descriptors before, ${after} after`);
});
