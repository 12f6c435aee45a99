import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { createSocket, type LookupFunction, type SendManyError, type SocketOptions, type UdpSocket } from "@x/dgram";
import { errnoOf } from "../support/errno_of.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

async function bound(options: SocketOptions | "udp4" = "udp4"): Promise<UdpSocket> {
  const socket = createSocket(options);
  // Before the bind, since a look-up that answers at once makes it listen within the call.
  const listening = once(socket, "listening");
  socket.bind(0, "127.0.0.1");
  await listening;
  return socket;
}

/** Answers the next `count` messages of a socket. */
function messages(socket: UdpSocket, count: number): Promise<string[]> {
  const heard: string[] = [];
  return new Promise((done) => {
    socket.on("message", (message) => {
      heard.push(`${message}`);
      if (heard.length === count) done(heard);
    });
  });
}

test("sendMany sends each message as a datagram of its own, in order, and answers how many", async () => {
  const [receiver, sender] = [await bound(), await bound()];
  const { port } = receiver.address();
  const heard = messages(receiver, 100);
  const batch = Array.from({ length: 100 }, (_, i) => ({ data: `${i}`, port, address: "127.0.0.1" }));
  assertEquals(await sender.sendMany(batch), 100);
  assertEquals(await heard, batch.map(({ data }) => data));
  receiver.close();
  sender.close();
});

test("sendMany on an unbound socket binds it, and on a connected one takes data alone", async () => {
  const receiver = await bound();
  const { port } = receiver.address();
  const heard = messages(receiver, 4);
  const sender = createSocket("udp4");
  assertEquals(await sender.sendMany([{ data: "a", port }, { data: ["b", Buffer.from("c")], port }]), 2);
  sender.connect(port, "127.0.0.1");
  await once(sender, "connect");
  assertEquals(await sender.sendMany([{ data: "d" }, { data: new Uint16Array([0x6565]) }]), 2);
  assertEquals(await heard, ["a", "bc", "d", "ee"]);
  receiver.close();
  sender.close();
});

test("an error in the middle of a batch concerns its own datagram alone", async () => {
  const [receiver, sender] = [await bound(), await bound()];
  const { port } = receiver.address();
  const heard = messages(receiver, 3);
  const error = await assertRejects(() =>
    sender.sendMany([
      { data: "one", port, address: "127.0.0.1" },
      { data: Buffer.alloc(65_508), port, address: "127.0.0.1" },
      { data: "two", port, address: "127.0.0.1" },
      { data: "never", port, address: "::1" },
      { data: "three", port, address: "127.0.0.1" },
    ])
  ) as SendManyError & { code: string };
  assertEquals([error.code, error.index, error.sent], ["EMSGSIZE", 1, 3]);
  assertEquals(await heard, ["one", "two", "three"]);
  receiver.close();
  sender.close();
});

test("a bad message rejects the batch with its index, and none is sent", async () => {
  const [receiver, sender] = [await bound(), await bound()];
  const { port } = receiver.address();
  for (
    const [bad, code] of [
      [{ data: "x", port: 0 }, "ERR_SOCKET_BAD_PORT"],
      [{ data: 5, port }, "ERR_INVALID_ARG_TYPE"],
      [{ data: "x", port, address: 5 }, "ERR_INVALID_ARG_TYPE"],
      [{ data: "x", port, address: () => {} }, "ERR_INVALID_ARG_TYPE"],
      [{ data: "x", port, address: "localhost\0.example" }, "ERR_INVALID_ARG_VALUE"],
      [null, "ERR_INVALID_ARG_TYPE"],
    ] as const
  ) {
    const batch = [{ data: "never", port, address: "127.0.0.1" }, bad] as Parameters<UdpSocket["sendMany"]>[0];
    const error = await assertRejects(() => sender.sendMany(batch)) as SendManyError & { code: string };
    assertEquals([error.code, error.index], [code, 1]);
    if (code === "ERR_INVALID_ARG_TYPE") {
      assertMatch(error.message, /^The "(buffer|address|message)" argument must be /);
    }
  }
  const heard = messages(receiver, 1);
  await sender.sendMany([{ data: "only this", port, address: "127.0.0.1" }]);
  assertEquals(await heard, ["only this"]);
  receiver.close();
  sender.close();
});

test("sendMany tells an error that takes no place as it is, and the socket closes", async () => {
  const frozen = Object.freeze(new Error("no"));
  const lookup = (name: string, _options: unknown, done: (error: Error | null, address?: string) => void): void =>
    name === "a.name" ? done(frozen) : done(null, name);
  const socket = createSocket({ type: "udp4", lookup: lookup as never });
  socket.bindSync({ address: "127.0.0.1" });
  const messages = ["a.name", "127.0.0.1"].map((address) => ({ data: "x", port: 9, address }));
  assertEquals(await socket.sendMany(messages).catch((error) => error), frozen);
  await new Promise<void>((done) => socket.close(done));
});

test("sendMany of nothing answers 0, of no array rejects, and on a closed socket rejects", async () => {
  const socket = await bound();
  assertEquals(await socket.sendMany([]), 0);
  const error = await assertRejects(() => socket.sendMany("x" as never)) as { code?: string };
  assertEquals(error.code, "ERR_INVALID_ARG_TYPE");
  socket.close();
  const late = await assertRejects(() => socket.sendMany([{ data: "x", port: 9 }])) as { code?: string };
  assertEquals(late.code, "ERR_SOCKET_DGRAM_NOT_RUNNING");
});

test("sendMany rejects with EBADF where the bind that it began fails, and 'error' says why", async () => {
  const socket = createSocket({
    type: "udp4",
    lookup: (_hostname, _family, done) => done(new Error("no address"), ""),
  });
  const failed = once(socket, "error");
  const error = await assertRejects(() => socket.sendMany([{ data: "x", port: 9 }])) as SendManyError & {
    code: string;
  };
  assertEquals([error.code, error.index, error.sent], ["EBADF", 0, 0]);
  assertEquals((await failed)[0].message, "no address");
  socket.close();
});

test("what was accepted by sendMany before close() is sent, and its promise settles", async () => {
  const [receiver, sender] = [await bound(), await bound()];
  const { port } = receiver.address();
  const heard = messages(receiver, 20);
  const sent = sender.sendMany(Array.from({ length: 20 }, (_, i) => ({ data: `${i}`, port, address: "127.0.0.1" })));
  sender.close();
  assertEquals(await sent, 20);
  assertEquals((await heard).length, 20);
  receiver.close();
});

test("more than maxSendQueueCount datagrams that wait for a look-up are refused, and it lets go of them", async () => {
  const receiver = await bound();
  const { port } = receiver.address();
  const answers: (() => void)[] = [];
  const sender = await bound({
    type: "udp4",
    maxSendQueueCount: 3,
    lookup: (hostname, _family, done) =>
      hostname === "slow.test" ? answers.push(() => done(null, "127.0.0.1")) : done(null, hostname),
  });
  const ends: (string | null)[] = [];
  const ended = new Promise<void>((done) => {
    for (let i = 0; i < 5; i++) {
      sender.send(`${i}`, port, "slow.test", (error) => {
        ends.push(error && (error as Error & { code: string }).code);
        if (ends.length === 5) done();
        else if (ends.length === 2) { for (const answer of answers) answer(); }
      });
    }
  });
  const heard = messages(receiver, 4);
  await ended;
  assertEquals(ends, ["ERR_SOCKET_DGRAM_QUEUE_FULL", "ERR_SOCKET_DGRAM_QUEUE_FULL", null, null, null]);
  await sender.sendMany([{ data: "again", port, address: "127.0.0.1" }]);
  assertEquals(await heard, ["0", "1", "2", "again"]);
  receiver.close();
  sender.close();
});

test("what a failed bind drops counts against maxSendQueueCount no longer", async () => {
  const answers: (() => void)[] = [];
  const sender = createSocket({
    type: "udp4",
    maxSendQueueCount: 2,
    backend: new ScriptedBackend(),
    lookup: (_name, _family, done) => void answers.push(() => done(new Error("not found"), "", 0)),
  });
  for (let round = 0; round < 2; round++) {
    const errors: string[] = [];
    const failed = once(sender, "error");
    for (let i = 0; i < 2; i++) sender.send("x", 9, "127.0.0.1", (error) => errors.push(error?.message ?? "sent"));
    answers.at(-1)!();
    assertEquals((await failed as [Error])[0].message, "not found");
    assertEquals(errors, []);
  }
  sender.close();
});

test("maxSendQueueSize bounds the bytes that wait for a bind, and a send without a callback tells 'error'", async () => {
  const sender = createSocket({ type: "udp4", maxSendQueueSize: 100 });
  const refused = once(sender, "error");
  sender.send(new Uint8Array(60), 9, "127.0.0.1");
  sender.send(new Uint8Array(60), 9, "127.0.0.1");
  const [error] = await refused as [Error & { code: string }];
  assertEquals([error.code, error.message], ["ERR_SOCKET_DGRAM_QUEUE_FULL", "The send queue is full"]);
  assert(sender.getSendQueueSize() <= 100);
  sender.close();
});

test("sendMany refuses an array with a hole by its place, and sends nothing", async () => {
  const socket = await bound();
  const { port } = socket.address();
  // deno-lint-ignore no-sparse-arrays
  const error = await assertRejects(() => socket.sendMany([{ data: "a", port }, , { data: "c", port }] as never));
  assertEquals([(error as SendManyError & { code: string }).code, (error as SendManyError).index], [
    "ERR_INVALID_ARG_TYPE",
    1,
  ]);
  socket.close();
});

const ROWS = { sendOffload: "native" } as const;
const ROW = { data: "abcdefghij", segmentSize: 4, port: 9, address: "127.0.0.1" };

for (const code of ["EINVAL", "EMSGSIZE", "EIO"]) {
  test(`a row that can't be cut, which ends with ${code}, leaves and counts as single datagrams among the others`, async () => {
    const network = new ScriptedBackend(ROWS);
    network.cut = errnoOf(code);
    const socket = await bound({ type: "udp4", backend: network, maxSendQueueCount: 5 });
    const one = { data: "one", port: 9, address: "127.0.0.1" };
    for (let round = 0; round < 2; round++) {
      assertEquals(await socket.sendMany([one, ROW, { ...one, data: "two" }]), 3);
      assertEquals(network.sent.splice(0).map(({ text }) => text), ["one", "abcd", "efgh", "ij", "two"]);
    }
    network.answer = 0;
    const oneTooMany = Array.from({ length: 6 }, () => one);
    const refused = assertRejects(() => socket.sendMany(oneTooMany)) as Promise<SendManyError & { code: string }>;
    await new Promise((done) => setImmediate(done));
    assertEquals(socket.getSendQueueCount(), 5);
    network.answer = 1;
    network.drain();
    const error = await refused;
    assertEquals([error.code, error.index, error.sent], ["ERR_SOCKET_DGRAM_QUEUE_FULL", 5, 5]);
    socket.close();
  });
}

test("a row to a host name that can't be cut leaves as single datagrams", async () => {
  const network = new ScriptedBackend(ROWS);
  network.cut = errnoOf("EINVAL");
  const lookup: LookupFunction = (_name, family, done) => done(null, "127.0.0.1", family);
  const socket = await bound({ type: "udp4", backend: network, lookup });
  assertEquals(await socket.sendMany([{ ...ROW, address: "somewhere.test" }]), 1);
  assertEquals(network.sent.map(({ text }) => text), ["abcd", "efgh", "ij"]);
  socket.close();
});

test("what a connected socket sends leaves after what sendMany() was given before in that turn", async () => {
  const network = new ScriptedBackend();
  const socket = await bound({ type: "udp4", backend: network });
  socket.connectSync(9, "127.0.0.1");
  const many = socket.sendMany([{ data: "one" }, { data: "two" }]);
  socket.send("three");
  assertEquals(await many, 2);
  assertEquals(network.sent.map(({ text }) => text), ["one", "two", "three"]);
  socket.close();
});

test("where no row can be cut each of its datagrams is handed over by itself", async () => {
  const network = new ScriptedBackend({ sendOffload: "emulated" });
  network.cut = errnoOf("EPERM");
  const socket = await bound({ type: "udp4", backend: network });
  assertEquals(await socket.sendMany([ROW]), 1);
  assertEquals(network.sent.map(({ text }) => text), ["abcd", "efgh", "ij"]);
  socket.close();
});

test("a row that is refused for another reason is sent in no other way", async () => {
  const network = new ScriptedBackend(ROWS);
  network.cut = errnoOf("EPERM");
  const socket = await bound({ type: "udp4", backend: network });
  const error = await assertRejects(() => socket.sendMany([ROW, { ...ROW, segmentSize: 10 }])) as SendManyError & {
    code: string;
  };
  assertEquals([error.code, error.index, error.sent], ["EPERM", 0, 1]);
  assertEquals(network.sent.map(({ text }) => text), ["abcdefghij"]);
  socket.close();
});

test("a message that is a multiple of its segments has no empty one behind them, and one of no bytes is one datagram", async () => {
  for (const sendOffload of ["native", "emulated"] as const) {
    const network = new ScriptedBackend({ sendOffload });
    // Of a kernel that would cut it the row is seen cut by the module.
    network.cut = errnoOf("EINVAL");
    const socket = await bound({ type: "udp4", backend: network });
    for (const [data, expected] of [["abcdefgh", ["abcd", "efgh"]], ["abcd", ["abcd"]], ["", [""]]] as const) {
      assertEquals(await socket.sendMany([{ ...ROW, data }]), 1);
      assertEquals(network.sent.splice(0).map(({ text }) => text), [...expected]);
    }
    socket.close();
  }
});

test("a row is as long as a datagram may be, and of at most 64", async () => {
  const network = new ScriptedBackend(ROWS);
  const socket = await bound({ type: "udp4", backend: network });
  const lengthsOf = async (length: number, segmentSize: number): Promise<number[]> => {
    await socket.sendMany([{ ...ROW, data: Buffer.alloc(length), segmentSize }]);
    return network.sent.splice(0).map(({ text }) => text.length);
  };
  assertEquals(await lengthsOf(130, 1), [64, 64, 2]);
  assertEquals(await lengthsOf(70_000, 1400), [64_400, 5600]);
  assertEquals(await lengthsOf(70_000, 40_000), [40_000, 30_000]);
  socket.close();
});

for (const isConnected of [false, true]) {
  const way = isConnected ? "sendMany() on a connected socket" : "one turn";
  test(`the datagrams of ${way} are handed over together, 64 at most`, async () => {
    const network = new ScriptedBackend();
    const socket = await bound({ type: "udp4", backend: network });
    if (isConnected) socket.connectSync(9, "127.0.0.1");
    const to = isConnected ? {} : { port: 9, address: "127.0.0.1" };
    for (const count of [2, 64, 130]) {
      await socket.sendMany(Array.from({ length: count }, (_, i) => ({ data: `${i}`, ...to })));
      assertEquals(network.sent.splice(0).map(({ text }) => Number(text)), Array.from({ length: count }, (_, i) => i));
      assertEquals(Math.max(...network.batches.splice(0)), Math.min(count, 64));
    }
    socket.close();
  });
}

interface Resizable extends ArrayBuffer {
  resize(size: number): void;
}
const resizable = ArrayBuffer as unknown as new (size: number, options: { maxByteLength: number }) => Resizable;

test("a row whose memory shrinks before it is cut counts against maxSendQueueSize no longer", {
  skip: "resize" in ArrayBuffer.prototype ? false : "this version has no memory that can be resized",
}, async () => {
  const network = new ScriptedBackend(ROWS);
  network.cut = errnoOf("EINVAL");
  const socket = await bound({ type: "udp4", backend: network, maxSendQueueSize: 15 });
  for (let round = 0; round < 3; round++) {
    const memory = new resizable(10, { maxByteLength: 10 });
    const sent = socket.sendMany([{ ...ROW, data: new Uint8Array(memory) }]);
    memory.resize(2);
    assertEquals(await sent, 1);
  }
  socket.close();
});

test("a look-up that throws within sendMany() fails its message, with its index, and keeps no other from leaving", async () => {
  const lookup: LookupFunction = (name, family, done) => {
    if (name === "a.name") throw new Error("of a look-up");
    done(null, "127.0.0.1", family);
  };
  const backend = new ScriptedBackend();
  const socket = createSocket({ type: "udp4", backend, lookup });
  socket.bindSync({ address: "127.0.0.1" });
  const batch = ["b.name", "a.name", "b.name"].map((address, i) => ({ data: `${i}`, port: 9, address }));
  const { index, sent, message } = await assertRejects(() => socket.sendMany(batch)) as SendManyError;
  assertEquals([index, sent, message], [1, 2, "of a look-up"]);
  assertEquals(backend.sent.map(({ text }) => text), ["0", "2"]);
  socket.close();
});
