/** `pooledMessages`: what is received may share memory, and nothing that comes later changes it. */
import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { capabilities as mainCapabilities, type SocketOptions } from "@x/dgram";
import { capabilities, createSocket, type Socket } from "@x/dgram/ffi";
import { bind } from "@x/dgram/promises";
import { Buffer } from "node:buffer";
import { test as nodeTest } from "node:test";
import { within } from "../support/within.ts";

const BLOCK = 16_384;
const LARGEST = 4096;
const ADDRESS = "127.0.0.1";

/** Which small messages share memory: libc's are those that wait when node:dgram's own socket wakes with another. */
type Shared = "all" | "libc's" | "none";

function sharedBy(options: Partial<SocketOptions>, { backend, features }: typeof capabilities = capabilities): Shared {
  if (!options.pooledMessages) return "none";
  if (options.receiveOffload && features.receiveOffload === "native") return "all";
  if (backend === "deno" || backend === "deno-ffi") return "all";
  return backend === "node-ffi" ? "libc's" : "none";
}

/** Nothing that is sent here is as long as a block. */
const isShared = (message: Uint8Array): boolean => message.buffer.byteLength === BLOCK;

/** Each is in memory of its own and of its size, or in a block where it touches no other. */
function checkPlaces(messages: readonly Uint8Array[], shared: Shared): void {
  const blocks = new Map<unknown, Uint8Array[]>();
  for (const message of messages) {
    const { buffer, byteOffset, length } = message;
    if (isShared(message)) blocks.set(buffer, [...blocks.get(buffer) ?? [], message]);
    else assertEquals([byteOffset, buffer.byteLength], [0, length]);
    assertEquals(byteOffset % 8, 0);
  }
  for (const together of blocks.values()) {
    together.sort((one, other) => one.byteOffset - other.byteOffset || one.length - other.length);
    let end = 0;
    for (const { byteOffset, length } of together) {
      assertLessOrEqual(end, byteOffset);
      end = byteOffset + length;
    }
  }
  const count = messages.filter(isShared).length;
  if (shared === "libc's") assertGreater(count, 0);
  else assertEquals(count, shared === "all" ? messages.filter(({ length }) => length <= LARGEST).length : 0);
}

const opened: Socket[] = [];

/** A test that leaves no socket open if it fails, which would keep the process from its end. */
function test(name: string, play: () => Promise<void>): void {
  nodeTest(name, async () => {
    try {
      await play();
    } finally {
      for (const socket of opened.splice(0)) void socket[Symbol.asyncDispose]();
    }
  });
}

/** Bytes that no other of the messages has. */
function content(number: number, size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, i) => (number * 31 + i * (1 + number % 7)) % 251));
}

interface Pair {
  /** Sends these at once. */
  send(messages: readonly Buffer[], segmentSize?: number): Promise<void>;
  /** The next messages, so many of them. */
  receive(count: number): Promise<Buffer[]>;
}

function pair(options: Partial<SocketOptions>): Pair {
  const receiver = createSocket({ type: "udp4", ...options });
  const { port } = receiver.bindSync({ address: ADDRESS });
  const sender = createSocket("udp4");
  opened.push(receiver, sender);
  sender.bindSync({ address: ADDRESS });
  const heard: Buffer[] = [];
  let look = (): void => {};
  receiver.on("message", (data) => {
    heard.push(data);
    look();
  });
  receiver.on("messages", (messages) => {
    for (const { data } of messages) heard.push(data);
    look();
  });
  return {
    async send(messages, segmentSize) {
      const datagrams = messages.map((data) => ({ data, segmentSize, port, address: ADDRESS }));
      assertEquals(await sender.sendMany(datagrams), messages.length);
    },
    receive(count) {
      const all = new Promise<Buffer[]>((resolve) => {
        look = () => heard.length >= count && resolve(heard.splice(0));
        look();
      });
      return within(all, `${count} messages`);
    },
  };
}

const kinds: readonly (readonly [name: string, options: Partial<SocketOptions>])[] = [
  ["pooledMessages", {}],
  ["pooledMessages and batchMessages", { batchMessages: true }],
  ["pooledMessages and receiveOffload", { receiveOffload: true }],
  ["pooledMessages, batchMessages and receiveOffload", { batchMessages: true, receiveOffload: true }],
];

for (const [name, options] of kinds) {
  const asked = { ...options, pooledMessages: true };

  test(`500 messages that are kept stay what they were, with ${name}`, async () => {
    const { send, receive } = pair(asked);
    const sent = Array.from({ length: 500 }, (_, i) => content(i, i * 353 % 1401));
    const kept: Buffer[] = [];
    // As many at once as the kernel has room for.
    for (let i = 0; i < sent.length; i += 25) {
      const heard = receive(25);
      await send(sent.slice(i, i + 25));
      kept.push(...await heard);
    }
    assertEquals(kept.map(({ length }) => length), sent.map(({ length }) => length));
    assertEquals(kept.findIndex((message, i) => !message.equals(sent[i])), -1);
    checkPlaces(kept, sharedBy(asked));
  });

  test(`a message of more than 4096 bytes has memory of its own, with ${name}`, async () => {
    const { send, receive } = pair(asked);
    const sent = [10, LARGEST, LARGEST + 1, 5000].map((size, i) => content(i, size));
    await send(sent);
    const heard = await receive(sent.length);
    assertEquals(heard.findIndex((message, i) => !message.equals(sent[i])), -1);
    assertEquals(heard.slice(2).map(({ byteOffset, buffer }) => [byteOffset, buffer.byteLength]), [
      [0, LARGEST + 1],
      [0, 5000],
    ]);
    checkPlaces(heard, sharedBy(asked));
  });
}

test("small messages in a row share one block, or two where the first is full", async () => {
  const asked = { pooledMessages: true };
  const { send, receive } = pair(asked);
  await send(Array.from({ length: 30 }, (_, i) => content(i, 10)));
  const heard = await receive(30);
  checkPlaces(heard, sharedBy(asked));
  const blocks = new Set(heard.filter(isShared).map(({ buffer }) => buffer));
  assertEquals(sharedBy(asked) === "none" ? blocks.size === 0 : blocks.size === 1 || blocks.size === 2, true);
});

test("the datagrams of a row that the kernel joined stay what they were with pooledMessages", async () => {
  const asked = { pooledMessages: true, receiveOffload: true };
  const { send, receive } = pair(asked);
  const rows = [content(1, 30_000), content(2, 30_000)];
  const kept: Buffer[] = [];
  for (const row of rows) {
    await send([row], 1000);
    kept.push(...await receive(30));
  }
  assertEquals(Buffer.concat(kept).equals(Buffer.concat(rows)), true);
  checkPlaces(kept, sharedBy(asked));
});

test("without pooledMessages each message has memory of its own, beside a socket that has it", async () => {
  for (const receiveOffload of [false, true]) {
    const [pooled, plain] = [pair({ pooledMessages: true, receiveOffload }), pair({ receiveOffload })];
    const sent = Array.from({ length: 20 }, (_, i) => content(i, 100 + i));
    await pooled.send(sent);
    await plain.send(sent);
    const [shared, own] = [await pooled.receive(20), await plain.receive(20)];
    assertEquals(
      own.map(({ byteOffset, buffer }) => [byteOffset, buffer.byteLength]),
      sent.map((_, i) => [0, 100 + i]),
    );
    for (const heard of [shared, own]) assertEquals(heard.findIndex((message, i) => !message.equals(sent[i])), -1);
  }
});

test("the sockets of one thread share the blocks, and take nothing of each other", async () => {
  const asked = { pooledMessages: true };
  const pairs = [pair(asked), pair(asked)];
  const kept: Buffer[][] = [[], []];
  const sent = Array.from({ length: 40 }, (_, i) => content(i, 700 + i));
  for (let i = 0; i < sent.length; i += 4) {
    for (const each of [0, 1]) {
      await pairs[each].send(sent.slice(i, i + 4));
      kept[each].push(...await pairs[each].receive(4));
    }
  }
  for (const each of kept) assertEquals(each.findIndex((message, i) => !message.equals(sent[i])), -1);
  checkPlaces(kept.flat(), sharedBy(asked));
});

test("whatever is given for pooledMessages is taken for true or false", async () => {
  for (const pooledMessages of [1, "yes", {}, 0, "", null] as unknown as boolean[]) {
    const { send, receive } = pair({ pooledMessages });
    const sent = Array.from({ length: 5 }, (_, i) => content(i, 50));
    await send(sent);
    const heard = await receive(5);
    assertEquals(heard.findIndex((message, i) => !message.equals(sent[i])), -1);
    checkPlaces(heard, sharedBy({ pooledMessages }));
  }
});

test("the promises entry has pooledMessages too", async () => {
  await using socket = await bind({ address: ADDRESS, pooledMessages: true });
  const sender = createSocket("udp4");
  opened.push(sender);
  sender.bindSync({ address: ADDRESS });
  const { port } = socket.address();
  const sent = Array.from({ length: 5 }, (_, i) => content(i, 50));
  assertEquals(await sender.sendMany(sent.map((data) => ({ data, port, address: ADDRESS }))), 5);
  const heard: Uint8Array[] = [];
  while (heard.length < 5) heard.push((await within(socket.receive(), "a datagram")).data);
  assert(heard.every((message, i) => sent[i].equals(message)));
  checkPlaces(heard, sharedBy({ pooledMessages: true }, mainCapabilities));
});
