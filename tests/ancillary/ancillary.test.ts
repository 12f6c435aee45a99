/** What the kernel is told of single datagrams, as a socket with `receiveInfo` sees it. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { RemoteInfo } from "@x/dgram";
import { createSocket, type Socket } from "@x/dgram/ffi";
import { ancillarySupport, type MessageWithInfo, replyTo, sendWith } from "@x/dgram/ancillary";
import { capture, observe } from "@x/dgram/observe";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import process from "node:process";
import { test } from "node:test";
import { close } from "../support/close.ts";
import { noAddress } from "../support/loopback.ts";
import { noIPv6 } from "../support/wire.ts";
import { within } from "../support/within.ts";

const probe = createSocket("udp4");
const { support, note } = ancillarySupport(probe);
probe.close();
const lacking = support === "unavailable" && (note ?? "the kernel can't be told here");
const there = support === "native" && "the kernel can be told here";

const HERE = "127.0.0.1";

interface Heard extends RemoteInfo {
  readonly text: string;
}

/** A socket that keeps what it hears. */
class Ear {
  readonly socket: Socket;
  readonly port: number;
  readonly #heard: Heard[] = [];
  #tell = (): void => {};

  constructor(type: "udp4" | "udp6", address?: string, receiveInfo = true) {
    this.socket = createSocket({ type, receiveInfo });
    this.socket.on("message", (message, from) => {
      this.#heard.push({ ...from, text: `${message}` });
      this.#tell();
    });
    this.port = this.socket.bindSync({ address }).port;
  }

  async hear(count: number): Promise<Heard[]> {
    const all = new Promise<void>((done) => {
      this.#tell = () => this.#heard.length >= count && done();
      this.#tell();
    });
    await within(all, `${count} messages`);
    return this.#heard.splice(0);
  }
}

const CASES = [
  { name: "udp4", type: "udp4", to: HERE, source: "127.0.0.5", from: "127.0.0.5" },
  { name: "udp6", type: "udp6", to: "::1", source: "::1", from: "::1" },
  { name: "IPv4 on udp6", type: "udp6", to: `::ffff:${HERE}`, source: "127.0.0.5", from: "::ffff:127.0.0.5" },
  { name: "mapped on udp6", type: "udp6", to: `::ffff:${HERE}`, source: "::ffff:127.0.0.5", from: "::ffff:127.0.0.5" },
] as const;

for (const { name, type, to, source, from } of CASES) {
  test(`a datagram leaves with the source, hop limit, class and ECN that were asked for: ${name}`, {
    skip: lacking || noAddress(to.replace("::ffff:", "")),
  }, async () => {
    const ear = new Ear(type);
    const { port } = ear;
    const socket = createSocket(type);
    socket.bindSync();
    socket.setTOS(0x28);
    const messages: MessageWithInfo[] = [
      { data: "source", source },
      { data: "hop limit", hopLimit: 7 },
      { data: "class", trafficClass: 0xb8 },
      { data: "ECN beside the socket's own class", ecn: 3 },
      { data: ["class", " and ", "ECN"], trafficClass: 0xb8, ecn: 1 },
      { data: "", source, hopLimit: 1, trafficClass: 0, ecn: 2 },
    ].map((message) => ({ ...message, port, address: to }));
    assertEquals(await within(sendWith(socket, messages), "the batch's end"), messages.length);
    const heard = await ear.hear(messages.length);
    const plain = { from: to, hopLimit: 64, trafficClass: 0x28 };
    assertEquals(
      heard.map(({ text, address, hopLimit, trafficClass }) => ({ text, from: address, hopLimit, trafficClass })),
      [
        { ...plain, text: "source", from },
        { ...plain, text: "hop limit", hopLimit: 7 },
        { ...plain, text: "class", trafficClass: 0xb8 },
        { ...plain, text: "ECN beside the socket's own class", trafficClass: 0x2b },
        { ...plain, text: "class and ECN", trafficClass: 0xb9 },
        { text: "", from, hopLimit: 1, trafficClass: 2 },
      ],
    );
    await close(socket, ear.socket);
  });
}

test("a capture has what the kernel was told of a datagram", { skip: lacking }, async () => {
  const ear = new Ear("udp4", HERE);
  const socket = createSocket("udp4");
  const captured = capture(socket);
  socket.bindSync();
  const message = { data: "x", port: ear.port, address: HERE };
  await sendWith(socket, [{ ...message, source: "127.0.0.9", hopLimit: 5, trafficClass: 0xb8, ecn: 1 }, message]);
  await close(socket, ear.socket);
  const parts: Uint8Array[] = [];
  for await (const bytes of captured) parts.push(bytes);
  const file = Buffer.concat(parts);
  const told: unknown[] = [];
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
    if (file.readUInt32LE(at) === 6) told.push([...file.subarray(at + 40, at + 44), file[at + 36], file[at + 29]]);
  }
  assertEquals(told, [[127, 0, 0, 9, 5, 0xb9], [0, 0, 0, 0, 64, 0]]);
});

test("they leave in the order of all sends, also while the socket is paused", { skip: lacking }, async () => {
  const ear = new Ear("udp4", HERE);
  const { port } = ear;
  const socket = createSocket("udp4");
  socket.bindSync({ address: "127.0.0.3" });
  for (const paused of [false, true]) {
    if (paused) socket.pause();
    const ends: Promise<unknown>[] = [];
    for (let i = 0; i < 40; i++) {
      if (i % 4 === 0) socket.send(`${i}`, port, HERE);
      else if (i % 4 === 1) ends.push(socket.sendMany([{ data: `${i}`, port, address: HERE }]));
      else ends.push(sendWith(socket, [{ data: `${i}`, port, address: HERE, hopLimit: i }]));
    }
    await within(Promise.all(ends), "the ends");
    const heard = await ear.hear(40);
    assertEquals(heard.map(({ text }) => Number(text)), Array.from({ length: 40 }, (_, i) => i));
    assertEquals(heard.map(({ hopLimit }) => hopLimit), Array.from({ length: 40 }, (_, i) => i % 4 < 2 ? 64 : i));
  }
  await close(socket, ear.socket);
});

test("a batch of a hundred arrives once each, with what was asked for of each", { skip: lacking }, async () => {
  const ear = new Ear("udp4", HERE);
  const socket = createSocket("udp4");
  const messages = Array.from({ length: 100 }, (_, i) => ({
    data: new Uint8Array(i * 10).fill(i),
    port: ear.port,
    address: HERE,
    hopLimit: i + 1,
  }));
  assertEquals(await sendWith(socket, messages), 100);
  const heard = await ear.hear(100);
  assertEquals(heard.map(({ hopLimit, size }) => [hopLimit, size]), messages.map((_, i) => [i + 1, i * 10]));
  await close(socket, ear.socket);
});

test("a connected socket sends to its peer alone", { skip: lacking }, async () => {
  const ear = new Ear("udp4", HERE);
  const socket = createSocket("udp4");
  socket.connectSync(ear.port, HERE);
  await sendWith(socket, [{ data: "hello", hopLimit: 9 }]);
  const [{ text, hopLimit }] = await ear.hear(1);
  assertEquals([text, hopLimit], ["hello", 9]);
  const message = { data: "hello", port: ear.port, address: HERE };
  await assertRejects(() => sendWith(socket, [message]), Error, "Already connected");
  await close(socket, ear.socket);
});

test("a source that this host does not have fails its datagram, and no other", { skip: lacking }, async () => {
  const ear = new Ear("udp4", HERE);
  const socket = createSocket("udp4");
  const message = { port: ear.port, address: HERE };
  const error = await assertRejects(() =>
    sendWith(socket, [
      { ...message, data: "first" },
      { ...message, data: "second", source: "192.0.2.77" },
      { ...message, data: "third", hopLimit: 3 },
    ])
  ) as Error & Record<string, unknown>;
  assert(["EINVAL", "ENETUNREACH", "EADDRNOTAVAIL"].includes(error.code as string), `${error.code}`);
  assertEquals([error.syscall, error.address, error.port, error.index, error.sent], ["send", HERE, ear.port, 1, 2]);
  assertEquals((await ear.hear(2)).map(({ text }) => text), ["first", "third"]);
  const absent = await assertRejects(() => sendWith(socket, [{ ...message, data: "x", interfaceIndex: 99_999 }]));
  assertEquals((absent as { code?: string }).code, "ENODEV");
  await close(socket, ear.socket);
});

const BAD: readonly [what: string, message: object, code: string][] = [
  ["a source that is no text", { source: 1 }, "ERR_INVALID_ARG_TYPE"],
  ["a source that is no address", { source: "localhost" }, "ERR_INVALID_ARG_VALUE"],
  ["a source of the other family", { source: "::1" }, "ERR_INVALID_ARG_VALUE"],
  ["an interface by its name", { interfaceIndex: "lo" }, "ERR_INVALID_ARG_TYPE"],
  ["the interface 0", { interfaceIndex: 0 }, "ERR_OUT_OF_RANGE"],
  ["a hop limit of 0", { hopLimit: 0 }, "ERR_OUT_OF_RANGE"],
  ["a hop limit of 256", { hopLimit: 256 }, "ERR_OUT_OF_RANGE"],
  ["half a hop limit", { hopLimit: 1.5 }, "ERR_OUT_OF_RANGE"],
  ["a class of 256", { trafficClass: 256 }, "ERR_OUT_OF_RANGE"],
  ["an ECN of 4", { ecn: 4 }, "ERR_OUT_OF_RANGE"],
  ["a row", { segmentSize: 100 }, "ERR_INVALID_ARG_VALUE"],
  ["no data", { data: undefined }, "ERR_INVALID_ARG_TYPE"],
  ["a name with a NUL", { address: "a\0b" }, "ERR_INVALID_ARG_VALUE"],
  ["the port 0", { port: 0 }, "ERR_SOCKET_BAD_PORT"],
];

test("a message that is malformed is refused by its place, and nothing is sent or bound", async () => {
  const socket = createSocket("udp4");
  for (const [what, more, code] of BAD) {
    const good = { data: "x", port: 9, address: HERE };
    const error = await assertRejects(
      () => sendWith(socket, [good, { ...good, ...more } as MessageWithInfo]),
    ) as Error & { code?: string; index?: number };
    assertEquals([what, error.code, error.index], [what, code, 1]);
  }
  for (const no of [undefined, null, {}, "text"]) {
    const error = await assertRejects(() => sendWith(socket, no as never));
    assertEquals((error as { code?: string }).code, "ERR_INVALID_ARG_TYPE");
  }
  const foreign = await assertRejects(() => sendWith({} as Socket, []));
  assertEquals((foreign as { code?: string }).code, "ERR_INVALID_ARG_TYPE");
  assertEquals(await sendWith(socket, []), 0);
  // It is unbound still.
  socket.bindSync({ address: HERE });
  await close(socket);
  const late = await assertRejects(() => sendWith(socket, [{ data: "x", port: 9 }]));
  assertEquals((late as { code?: string }).code, "ERR_SOCKET_DGRAM_NOT_RUNNING");
});

test("where the kernel can't be told, the call says so, and the socket works as before", { skip: there }, async () => {
  const ear = new Ear("udp4", HERE, false);
  const socket = createSocket("udp4");
  const message = { data: "hello", port: ear.port, address: HERE };
  const error = await assertRejects(() => sendWith(socket, [{ ...message, hopLimit: 3 }])) as Error & { code?: string };
  assertEquals(error.code, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM");
  assert(note !== undefined && error.message.endsWith(note), error.message);
  await socket.sendMany([message]);
  assertEquals((await ear.hear(1)).map(({ text }) => text), ["hello"]);
  await close(socket, ear.socket);
});

test("an answer comes from the address that was asked", { skip: lacking }, async () => {
  const server = createSocket({ type: "udp4", receiveInfo: true });
  server.on("message", (message, from) => void replyTo(server, from, Buffer.concat([message, message]), { ecn: 1 }));
  const { port } = server.bindSync();
  // A connected client hears nobody else.
  for (const address of ["127.0.0.9", "127.0.0.1", "127.9.8.7"]) {
    const client = createSocket({ type: "udp4", receiveInfo: true });
    client.connectSync(port, address);
    client.send("ab");
    const [message, from] = await within(once(client, "message"), "the answer") as [Buffer, RemoteInfo];
    assertEquals([`${message}`, from.address, from.ecn], ["abab", address, 1]);
    await close(client);
  }
  await close(server);
});

test("a socket that is bound to all of IPv4 answers from the address that was asked", {
  skip: lacking || noIPv6(6),
}, async () => {
  const server = createSocket({ type: "udp6", receiveInfo: true });
  server.on("message", (message, from) => void replyTo(server, from, message));
  const { port } = server.bindSync({ address: "::ffff:0.0.0.0" });
  const client = createSocket("udp4");
  client.connectSync(port, "127.0.0.9");
  client.send("hello");
  const [message] = await within(once(client, "message"), "the answer") as [Buffer];
  assertEquals(`${message}`, "hello");
  await close(server, client);
});

test("what was sent to a group is answered", { skip: lacking }, async () => {
  const group = `239.253.${process.pid >> 8 & 255}.${process.pid & 255}`;
  const server = createSocket({ type: "udp4", receiveInfo: true });
  const { port } = server.bindSync();
  server.addMembership(group, HERE);
  const client = createSocket("udp4");
  client.bindSync({ address: HERE });
  client.setMulticastInterface(HERE);
  client.setMulticastLoopback(true);
  const asked = once(server, "message");
  const answered = once(client, "message");
  client.send("who is there?", port, group);
  const [message, from] = await within(asked, "the question") as [Buffer, RemoteInfo];
  assertEquals(from.destination, group);
  assertEquals(await replyTo(server, from, message), true);
  const [answer] = await within(answered, "the answer") as [Buffer];
  assertEquals(`${answer}`, "who is there?");
  await close(server, client);
});

test("a socket that is bound to one address answers from it on every runtime", async () => {
  const server = createSocket("udp4");
  const { port } = server.bindSync({ address: HERE });
  server.on("message", (message, from) => void replyTo(server, from, message));
  const client = createSocket("udp4");
  client.bindSync({ address: HERE });
  client.send("hello", port, HERE);
  const [message] = await within(once(client, "message"), "the answer") as [Buffer];
  assertEquals(`${message}`, "hello");
  await close(server, client);
});

test("nobody is to be answered at port 0, and no answer leaves from all addresses at once", async () => {
  const server = createSocket("udp4");
  server.bindSync();
  assertEquals(await replyTo(server, { address: HERE, port: 0 }, "x"), false);
  const error = await assertRejects(() => replyTo(server, { address: HERE, port: 9 }, "x")) as Error & {
    code?: string;
  };
  assertEquals(error.code, "ERR_INVALID_ARG_VALUE");
  for (const no of [null, {}, { address: 1, port: 9 }, { address: HERE, port: 70_000 }]) {
    await assertRejects(() => replyTo(server, no as never, "x"));
  }
  await close(server);
});

test("what sendWith() sends is counted with its system calls and batches", { skip: lacking }, async () => {
  const ear = new Ear("udp4", HERE);
  const socket = createSocket("udp4");
  const observation = observe(socket);
  socket.bindSync({ address: HERE });
  const message = { data: "x", port: ear.port, address: HERE, hopLimit: 7 };
  assertEquals(await sendWith(socket, [message]), 1);
  assertEquals(await sendWith(socket, [message, message, message]), 3);
  await ear.hear(4);
  const { datagrams, bytes, calls = 2, batches } = observation.read().sent;
  assertEquals([datagrams, bytes, calls], [4, 4, 2]);
  const most = batches.reduce((sum, { upTo, count }) => sum + upTo * count, 0);
  // Three left together in one of up to four, where the kernel takes several.
  assert(most === 4 || most === 5, JSON.stringify(batches));
  await close(ear.socket, socket);
});
