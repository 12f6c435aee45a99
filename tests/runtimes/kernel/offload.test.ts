/** Rows of datagrams that the kernel cuts (UDP_SEGMENT) and joins (UDP_GRO); what arrives is the same without. */
import { assertEquals, assertRejects } from "@std/assert";
import type { Capabilities, Datagram, Handle, Host, OpenOptions, RemoteInfo } from "@x/dgram";
import { capabilities, createSocket, type Socket } from "@x/dgram/ffi";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { constants } from "node:os";
import { test } from "node:test";
import { close } from "../../support/close.ts";
import { peersSkip, startPeer } from "../../support/python.ts";
import { ScriptedBackend } from "../../support/scripted_backend.ts";
import { within } from "../../support/within.ts";

type LookupCallback = (error: Error | null, address: string, family: number) => void;

const { features, notes } = capabilities;
const LOOPBACK = { udp4: "127.0.0.1", udp6: "::1" } as const;
const TYPES = ["udp4", "udp6"] as const;
type Type = typeof TYPES[number];

function bound(type: Type, options: object = {}): { socket: Socket; port: number } {
  const socket = createSocket({ type, ...options });
  return { socket, port: socket.bindSync({ address: LOOPBACK[type] }).port };
}

/** Bytes that differ from their neighbours in each segment. */
function pattern(size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, i) => i % 251));
}

/** The sizes of the datagrams, which must hold the bytes in order. */
function sizesOf(heard: readonly Buffer[], bytes: Buffer): number[] {
  assertEquals(Buffer.concat(heard).equals(bytes), true);
  return heard.map((message) => message.length);
}

function expected(size: number, segmentSize: number): number[] {
  const sizes = new Array<number>(Math.floor(size / segmentSize)).fill(segmentSize);
  return size % segmentSize > 0 || size === 0 ? [...sizes, size % segmentSize] : sizes;
}

/** The next datagrams, with no more in them than so many bytes; one at least. */
function receive(socket: Socket, size: number): Promise<{ data: Buffer; from: RemoteInfo }[]> {
  const heard: { data: Buffer; from: RemoteInfo }[] = [];
  let left = size;
  const all = new Promise<typeof heard>((resolve) => {
    const onMessage = (data: Buffer, from: RemoteInfo): void => {
      heard.push({ data, from });
      left -= data.length;
      if (left > 0) return;
      socket.off("message", onMessage);
      resolve(heard);
    };
    socket.on("message", onMessage);
  });
  return within(all, `${size} bytes`);
}

const SIZES = [[0, 5], [1, 5], [5, 5], [6, 5], [200, 1], [7000, 100], [90_000, 1400], [65_507, 65_507], [
  70_000,
  40_000,
]];

for (const type of TYPES) {
  for (const receiveOffload of [false, true]) {
    const how = receiveOffload ? "joined by the kernel where it can" : "received one by one";
    test(`a row of datagrams arrives cut to the size that was asked for, ${type}, ${how}`, async () => {
      const [to, from] = [bound(type, { receiveOffload }), bound(type)];
      for (const connected of [false, true]) {
        if (connected) from.socket.connectSync(to.port, LOOPBACK[type]);
        const destination = connected ? {} : { port: to.port, address: LOOPBACK[type] };
        for (const [size, segmentSize] of SIZES) {
          const data = pattern(size);
          const arrived = receive(to.socket, size);
          assertEquals(await from.socket.sendMany([{ data, segmentSize, ...destination }]), 1);
          const heard = await arrived;
          assertEquals(sizesOf(heard.map((each) => each.data), data), expected(size, segmentSize));
          for (const { data, from: { size, port, address } } of heard) {
            assertEquals([size, port, address], [data.length, from.port, LOOPBACK[type]]);
            // Each has memory of its own.
            assertEquals(data.buffer.byteLength, data.length);
          }
        }
      }
      await close(to.socket, from.socket);
    });
  }

  test(`the kernel cuts a row: a peer for which it joins them gets them in one piece, ${type}`, {
    skip: peersSkip || features.sendOffload !== "native" && (notes.sendOffload ?? "sendOffload is emulated"),
  }, async () => {
    const peer = startPeer("offload", [type.slice(3)]);
    const { port } = await within(peer.next<{ port: number }>(), "the peer's port");
    const { socket } = bound(type);
    const send = { port, address: LOOPBACK[type] };
    const data = [pattern(3000), "text"];
    assertEquals(await socket.sendMany([{ data, segmentSize: 1000, ...send }, { data: "alone", ...send }]), 2);
    assertEquals(await within(peer.next(), "the row"), { size: 3004, segment: 1000 });
    assertEquals(await within(peer.next(), "the other"), { size: 5, segment: null });
    await socket.sendMany([{ data: pattern(100_000), segmentSize: 1000, ...send }]);
    assertEquals(await within(peer.next(), "as many as the kernel cuts"), { size: 64_000, segment: 1000 });
    assertEquals(await within(peer.next(), "the others"), { size: 36_000, segment: 1000 });
    peer.end();
    await within(peer.result, "the peer's end");
    await close(socket);
  });

  test(`what a peer had the kernel cut is told datagram by datagram with receiveOffload, ${type}`, {
    skip: peersSkip,
  }, async () => {
    const peer = startPeer("offload", [type.slice(3)]);
    const { port: from } = await within(peer.next<{ port: number }>(), "the peer's port");
    const { socket, port } = bound(type, {
      receiveOffload: true,
      receiveInfo: features.receiveInfo === "native",
    });
    for (const [size, segment] of [[3004, 1000], [64_000, 1000], [5, 5], [60, 1], [65_507, 1472]]) {
      const arrived = receive(socket, size);
      peer.send({ size, segment, address: LOOPBACK[type], port });
      const heard = await arrived;
      assertEquals(sizesOf(heard.map(({ data }) => data), pattern(size)), expected(size, segment));
      for (const each of heard) {
        assertEquals([each.from.port, each.from.size], [from, each.data.length]);
        assertEquals(each.from.destination, features.receiveInfo === "native" ? LOOPBACK[type] : undefined);
      }
    }
    peer.end();
    await within(peer.result, "the peer's end");
    await close(socket);
  });
}

test("with batchMessages a joined row comes as one array, and sockets that wait get their turn", async () => {
  const [to, from] = [bound("udp4", { receiveOffload: true, batchMessages: true }), bound("udp4")];
  const data = pattern(30_000);
  const heard: Buffer[] = [];
  const lengths: number[] = [];
  const all = new Promise<void>((resolve) => {
    to.socket.on("messages", (messages) => {
      lengths.push(messages.length);
      heard.push(...messages.map((each) => each.data));
      if (Buffer.concat(heard).length === 2 * data.length) resolve();
    });
  });
  const message = { data, segmentSize: 1000, port: to.port, address: LOOPBACK.udp4 };
  assertEquals(await from.socket.sendMany([message, message]), 2);
  await within(all, "both rows");
  assertEquals(sizesOf(heard, Buffer.concat([data, data])), expected(60_000, 1000));
  if (features.receiveOffload === "native" && features.sendOffload === "native") {
    assertEquals([lengths, lengths.every((length) => length % 30 === 0)], [lengths, true]);
  }
  await close(to.socket, from.socket);
});

test("rows and single datagrams of one batch arrive in order, and a row counts as one message", async () => {
  const [to, from] = [bound("udp4", { receiveOffload: true }), bound("udp4")];
  const send = { port: to.port, address: LOOPBACK.udp4 };
  const arrived = receive(to.socket, 3007);
  const count = from.socket.sendMany([
    { data: "one", ...send },
    { data: pattern(1500), segmentSize: 700, ...send },
    { data: pattern(1500), segmentSize: 1499, ...send },
    { data: "last", ...send },
  ]);
  assertEquals(await count, 4);
  assertEquals((await arrived).map(({ data }) => data.length), [3, 700, 700, 100, 1499, 1, 4]);
  await close(to.socket, from.socket);
});

test("a row that fails is told once, by its place, and does not keep the others from being sent", async () => {
  const [to, from] = [bound("udp4"), bound("udp4")];
  const good = { data: "good", port: to.port, address: LOOPBACK.udp4 };
  const arrived = receive(to.socket, 8);
  // An address of the other family, which no system call is made for.
  const bad = { data: pattern(3000), segmentSize: 1000, port: to.port, address: "::1" };
  const error = await assertRejects(() => from.socket.sendMany([good, bad, good])) as Error & Record<string, unknown>;
  assertEquals([error.code, error.syscall, error.index, error.sent], ["EINVAL", "send", 1, 2]);
  assertEquals((await arrived).length, 2);
  await close(to.socket, from.socket);
});

test("a segmentSize that no datagram can have is refused with its place, and nothing is sent", async () => {
  const { socket, port } = bound("udp4");
  const bad: [unknown, string][] = [
    [0, "ERR_OUT_OF_RANGE"],
    [65_508, "ERR_OUT_OF_RANGE"],
    [1.5, "ERR_OUT_OF_RANGE"],
    [NaN, "ERR_OUT_OF_RANGE"],
    ["1400", "ERR_INVALID_ARG_TYPE"],
    [null, "ERR_INVALID_ARG_TYPE"],
  ];
  let heard = 0;
  socket.on("message", () => heard++);
  for (const [segmentSize, code] of bad) {
    const messages = [{ data: "a", port }, { data: "b", port, segmentSize: segmentSize as number }];
    const error = await assertRejects(() => socket.sendMany(messages)) as Error & Record<string, unknown>;
    assertEquals([error.code, error.index], [code, 1]);
  }
  const last = once(socket, "message");
  socket.send("last", port, LOOPBACK.udp4);
  await within(last, "the only datagram");
  assertEquals(heard, 1);
  await close(socket);
});

/** A kernel that cuts, but not on the way to the peer. */
class Unwilling extends ScriptedBackend {
  override readonly capabilities: Capabilities = {
    ...capabilities,
    features: { ...capabilities.features, sendOffload: "native" },
  };
  readonly asked: [size: number, segmentSize: number][] = [];
  readonly #errno: number;

  constructor(errno: number) {
    super();
    this.#errno = errno;
  }

  override open(options: OpenOptions, host: Host): Handle {
    const handle = super.open(options, host);
    const send = (datagram: Datagram): number => {
      this.asked.push([datagram.data.length, datagram.segmentSize]);
      return datagram.segmentSize > 0 ? this.#errno : handle.send(datagram);
    };
    return { ...handle, send, sendBatch: (datagrams, from) => send(datagrams[from]) };
  }
}

for (const name of ["EINVAL", "EMSGSIZE", "EIO"] as const) {
  for (const address of ["127.0.0.1", "by.name"]) {
    test(`a row that the kernel refuses to cut with ${name} is sent one by one, in order, to ${address}`, async () => {
      const backend = new Unwilling(-constants.errno[name]);
      const lookup = (_name: string, _family: unknown, done: LookupCallback): void => done(null, "127.0.0.1", 4);
      const options = { maxSendQueueCount: 3, ...(address === "by.name" ? { lookup: lookup as never } : {}) };
      const socket = createSocket({ type: "udp4", backend, ...options });
      socket.bindSync();
      const send = { port: 9, address };
      const count = socket.sendMany([
        { data: "first", ...send },
        { data: "abcdefg", segmentSize: 3, ...send },
        { data: "last", ...send },
      ]);
      assertEquals(await count, 3);
      assertEquals(backend.sent.map(({ text }) => text), ["first", "abc", "def", "g", "last"]);
      assertEquals(backend.asked, [[5, 0], [7, 3], [3, 0], [3, 0], [1, 0], [4, 0]]);
      // What was cut is no longer counted as waiting.
      assertEquals(await socket.sendMany(["a", "b", "c"].map((data) => ({ data, ...send }))), 3);
      await close(socket);
    });
  }
}
