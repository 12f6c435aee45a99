/**
 * The kernel joins what a plain socket receives (UDP_GRO) while it comes in runs, and that is not to be told from outside but
 * by asking the kernel.
 */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { capabilities, createSocket, type Socket } from "@x/dgram/ffi";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { setTimeout as later } from "node:timers/promises";
import { check } from "../../core/properties/check.ts";
import { close } from "../../support/close.ts";
import { within } from "../../support/within.ts";

const { features, notes, runtime } = capabilities;

const skip = runtime === "deno"
  ? "on Deno it does not pay"
  : features.receiveOffload !== "native" && (notes.receiveOffload ?? "receiveOffload is emulated");

const LOOPBACK = { udp4: "127.0.0.1", udp6: "::1" } as const;
type Type = keyof typeof LOOPBACK;

interface Inner {
  readonly kernel: {
    get(option: string): number;
    isOurs(): boolean;
    receive(...given: unknown[]): number;
  };
}

function innerOf(socket: Socket): Inner {
  const symbol = Object.getOwnPropertySymbols(socket).find((each) => "outbox" in Object((socket as never)[each]))!;
  return (socket as unknown as Record<symbol, { handle: Inner }>)[symbol].handle;
}

/** What the kernel has of the option. */
function isJoined(socket: Socket): boolean {
  const value = innerOf(socket).kernel.get("receiveOffload");
  assert(value === 0 || value === 1, `getsockopt: ${value}`);
  return value === 1;
}

function bound(type: Type, options: object = {}, port = 0): { readonly socket: Socket; readonly port: number } {
  const socket = createSocket({ type, recvBufferSize: 1 << 20, ...options });
  return { socket, port: socket.bindSync({ address: LOOPBACK[type], port }).port };
}

/** Waits for what time alone brings, as long as that takes. */
async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 20_000;
  while (!condition()) {
    assert(performance.now() < end, what);
    await later(5);
  }
}

/** Sends numbered datagrams to one socket, which checks that each comes once, in order and as it was. */
class Stream {
  readonly from: Socket;
  readonly #to: Socket;
  readonly #type: Type;
  #sent = 0;
  #heard = 0;
  #calledBack = 0;
  #wake = (): void => {};
  readonly faults: string[] = [];
  #sizes: number[] = [];
  readonly #onMessage: (message: Buffer, from: { port: number; size: number; address: string }) => void;

  constructor(type: Type, to: Socket, options: object = {}) {
    this.#type = type;
    this.#to = to;
    this.from = bound(type, options).socket;
    const { port } = this.from.address();
    this.#onMessage = (message, from) => {
      if (from.port !== port) return;
      const at = this.#heard++;
      if (message.length !== this.#sizes[at] || from.size !== message.length || from.address !== LOOPBACK[type]) {
        this.faults.push(`${at}: ${message.length} bytes, not ${this.#sizes[at]}`);
      } else if (!message.equals(bytesOf(at, message.length))) this.faults.push(`${at}: other bytes`);
      this.#tellIfAll();
    };
    to.on("message", this.#onMessage);
  }

  /** @param also is called after each: what it sends goes between two of them */
  send(count: number, size: number, also?: () => void): void {
    const { port } = this.#to.address();
    for (let i = 0; i < count; i++) {
      const number = this.#sent++;
      this.#sizes.push(size);
      this.from.send(bytesOf(number, size), port, LOOPBACK[this.#type], (error, bytes) => {
        if (error !== null || bytes !== size) this.faults.push(`${number}: ${error ?? bytes}`);
        if (this.#calledBack++ !== number) this.faults.push(`${number}: called back in another's place`);
        this.#tellIfAll();
      });
      also?.();
    }
  }

  /** All have been called back for, whether or not somebody hears them. */
  async calledBack(): Promise<void> {
    this.#heard = this.#sent;
    if (this.#calledBack < this.#sent) {
      await within(new Promise<void>((resolve) => this.#wake = resolve), `${this.#sent} callbacks`);
    }
    assertEquals([this.faults, this.#calledBack], [[], this.#sent]);
  }

  #tellIfAll(): void {
    if (this.#heard === this.#sent && this.#calledBack === this.#sent) this.#wake();
  }

  /** All that was sent has come, and has been called back for. */
  async arrived(): Promise<void> {
    if (this.#heard < this.#sent || this.#calledBack < this.#sent) {
      await within(new Promise<void>((resolve) => this.#wake = resolve), `${this.#sent} datagrams`);
    }
    // One that comes twice has come by then.
    await new Promise<void>((resolve) => setImmediate(resolve));
    assertEquals([this.faults, this.#heard, this.#calledBack], [[], this.#sent, this.#sent]);
  }

  /** Another socket may have its port then. */
  async end(): Promise<void> {
    this.#to.off("message", this.#onMessage);
    await close(this.from);
  }
}

/** They begin with their number, as far as there is room. */
function bytesOf(number: number, size: number): Buffer {
  const data = Buffer.alloc(size, number);
  if (size >= 4) data.writeUInt32LE(number);
  return data;
}

/** Sends bursts until the kernel joins what comes, or does not: how many that took, `most` at most. */
async function burstsUntil(
  joined: boolean,
  stream: Stream,
  socket: Socket,
  count: number,
  most: number,
): Promise<number> {
  let bursts = 0;
  for (; bursts < most && isJoined(socket) !== joined; bursts++) {
    stream.send(count, 64);
    await stream.arrived();
  }
  return bursts;
}

/** Has a socket with 'messages' tell of each as others do. */
function tellEach(socket: Socket): void {
  socket.on("messages", (messages) => {
    for (const { data, ...from } of messages) socket.emit("message", Buffer.from(data), from as never);
  });
}

async function makeJoined(stream: Stream, socket: Socket): Promise<void> {
  await burstsUntil(true, stream, socket, 48, 2000);
  assertEquals(isJoined(socket), true, "the kernel joins");
}

for (const type of ["udp4", "udp6"] as const) {
  test(`what comes in runs is joined by the kernel, and when nothing comes any more that ends, ${type}`, {
    skip,
  }, async () => {
    const { socket } = bound(type);
    const stream = new Stream(type, socket);
    for (let i = 0; i < 2; i++) {
      assertEquals(isJoined(socket), false);
      await makeJoined(stream, socket);
      stream.send(100, 1000);
      stream.send(3, 10);
      await stream.arrived();
      await until(() => !isJoined(socket), "the option stays on");
      // Some come before the runtime has the socket again, and have it switched on again; others after that.
      for (let j = 0; j < 5; j++) {
        stream.send(2, 100);
        await stream.arrived();
        await later(j * 90);
      }
      await until(() => !isJoined(socket), "the option stays on");
    }
    await close(socket, stream.from);
  });
}

test("it begins soon, however many come at once", { skip }, async () => {
  for (const count of [24, 33, 34, 40, 48, 66, 100]) {
    const { socket } = bound("udp4");
    const stream = new Stream("udp4", socket);
    assertLess(await burstsUntil(true, stream, socket, count, 500), 500, `${count} at once`);
    await close(socket, stream.from);
  }
});

test("where peers send many datagrams and no rows it ends while they come", { skip }, async () => {
  const { socket } = bound("udp4");
  const stream = new Stream("udp4", socket, { segmentation: "off" });
  for (const joined of [true, false, true, false]) {
    assertLess(await burstsUntil(joined, stream, socket, 28, 3000), 3000, joined ? "begins" : "ends");
  }
  await close(socket, stream.from);
});

test("where it ends since nothing comes any more it begins again as soon", { skip }, async () => {
  const { socket } = bound("udp4");
  const stream = new Stream("udp4", socket);
  for (let spell = 0; spell < 4; spell++) {
    assertLess(await burstsUntil(true, stream, socket, 48, 200), 200);
    await until(() => !isJoined(socket), "the option stays on");
  }
  await close(socket, stream.from);
});

test("of many rows others have their turn between some dozens of datagrams", { skip }, async () => {
  const { socket } = bound("udp4");
  const stream = new Stream("udp4", socket);
  await makeJoined(stream, socket);
  // As many rows are read at once as there would be single datagrams.
  stream.send(1, 64);
  await stream.arrived();
  let [inTurn, most] = [0, 0];
  let going = true;
  const turn = (): void => {
    most = Math.max(most, inTurn);
    inTurn = 0;
    if (going) setImmediate(turn);
  };
  socket.on("message", () => inTurn++);
  turn();
  stream.send(2200, 64);
  await stream.arrived();
  going = false;
  assertLess(most, 130);
  await close(socket, stream.from);
});

test(
  "who has begun to count a socket's reads while they are joined counts them when they are again",
  { skip },
  async () => {
    const { socket } = bound("udp4");
    const stream = new Stream("udp4", socket);
    await makeJoined(stream, socket);
    const { kernel } = innerOf(socket);
    const { receive } = kernel;
    let reads = 0;
    kernel.receive = (...given) => {
      reads++;
      return receive.call(kernel, ...given);
    };
    stream.send(48, 64);
    await stream.arrived();
    assertGreater(reads, 0);
    await until(() => !isJoined(socket), "the option stays on");
    // The runtime has it again by then, or soon.
    await later(600);
    await makeJoined(stream, socket);
    const before = reads;
    stream.send(48, 64);
    await stream.arrived();
    assertGreater(reads, before);
    await close(socket, stream.from);
  },
);

test("what comes one by one is not joined, nor is anything with segmentation off", { skip }, async () => {
  for (const [options, count] of [[{}, 1], [{ segmentation: "off" }, 48]] as const) {
    const { socket } = bound("udp4", options);
    const stream = new Stream("udp4", socket);
    for (let i = 0; i < 1000; i++) {
      stream.send(count, 64);
      await stream.arrived();
      assertEquals(isJoined(socket), false);
    }
    await close(socket, stream.from);
  }
});

test("on Deno nothing is joined that was not asked for", {
  skip: runtime !== "deno" || features.receiveOffload !== "native" ? "another runtime, or without FFI" : false,
}, async () => {
  const { socket } = bound("udp4");
  const stream = new Stream("udp4", socket);
  for (let i = 0; i < 100; i++) {
    stream.send(48, 64);
    await stream.arrived();
  }
  assertEquals(isJoined(socket), false);
  await close(socket, stream.from);
});

test("a socket whose datagrams are joined pauses, resumes, connects, disconnects and sends as before", {
  skip,
}, async () => {
  const { socket } = bound("udp4");
  const stream = new Stream("udp4", socket);
  await makeJoined(stream, socket);
  socket.pause();
  let heard = 0;
  const count = (): void => void heard++;
  socket.on("message", count);
  stream.send(70, 64);
  await later(600);
  assertEquals([heard, isJoined(socket)], [0, true], "what waits is in rows");
  socket.resume();
  await stream.arrived();
  assertEquals(heard, 70);
  socket.off("message", count);

  const peer = stream.from;
  await makeJoined(stream, socket);
  socket.connectSync(peer.address().port, LOOPBACK.udp4);
  stream.send(70, 64);
  await stream.arrived();
  const answered = once(peer, "message");
  socket.send("back");
  assertEquals(String((await within(answered, "the answer"))[0]), "back");
  assertEquals(socket.remoteAddress().port, peer.address().port);
  socket.disconnect();
  const again = once(peer, "message");
  socket.send("again", peer.address().port, LOOPBACK.udp4);
  assertEquals(String((await within(again, "the answer"))[0]), "again");
  socket.setTTL(7);
  await close(socket, peer);
});

test("an error that waits on a connected socket whose datagrams are joined is told", { skip }, async () => {
  const { socket } = bound("udp4");
  const stream = new Stream("udp4", socket);
  await makeJoined(stream, socket);
  const { port } = stream.from.address();
  socket.connectSync(port, LOOPBACK.udp4);
  await close(stream.from);
  const failed = once(socket, "error");
  socket.send("to nobody");
  const [error] = await within(failed, "'error'");
  assertEquals([error.code, error.syscall], ["ECONNREFUSED", "recvmsg"]);
  await close(socket);
});

test("a socket whose datagrams are joined can be closed while they come, and its port taken again", {
  skip,
}, async () => {
  for (let i = 0; i < 3; i++) {
    const { socket, port } = bound("udp4");
    const stream = new Stream("udp4", socket);
    await makeJoined(stream, socket);
    stream.send(64, 64);
    await close(socket);
    const next = createSocket("udp4");
    next.bindSync({ address: LOOPBACK.udp4, port });
    await close(next, stream.from);
  }
});

test("with batchMessages and pooledMessages the joined datagrams are the same", { skip }, async () => {
  const { socket } = bound("udp4", { batchMessages: true, pooledMessages: true });
  tellEach(socket);
  const stream = new Stream("udp4", socket);
  await makeJoined(stream, socket);
  for (let i = 0; i < 20; i++) {
    stream.send(64, 1 + 10 * i);
    stream.send(7, 1400);
    await stream.arrived();
  }
  await close(socket, stream.from);
});

/** What one of some peers sends, what happens then, and how long nobody sends afterwards: ms. */
const step = fc.record({
  peer: fc.nat(2),
  size: fc.constantFrom(0, 1, 64, 64, 64, 700, 1400),
  count: fc.constantFrom(1, 2, 40, 48, 60),
  times: fc.constantFrom<number[]>(1, 3, 12, 80),
  /** Each of its datagrams has one to nobody after it. */
  astray: fc.boolean(),
  then: fc.constantFrom("nothing", "nothing", "reconnect", "renew", "refusal"),
  pause: fc.constantFrom(0, 0, 0, 1, 30, 260, 520),
});

/** Of the receiver. */
const options: fc.Arbitrary<{ pooledMessages?: boolean; batchMessages?: boolean }> = fc.constantFrom({}, {
  pooledMessages: true,
}, {
  batchMessages: true,
  pooledMessages: true,
});

const quietly = { astray: false, then: "nothing" } as const;

/** A port on which nobody is. */
async function nobodysPort(): Promise<number> {
  const { socket, port } = bound("udp4");
  await close(socket);
  return port;
}

/** Not one that the kernel chooses: it would give it to others. */
const NOBODY = 9;

for (const connected of [false, true]) {
  test(
    `each datagram comes once, in order and whole, whenever joining begins and ends${connected ? ", connected" : ""}`,
    {
      skip,
    },
    async () => {
      let changes = 0;
      await check(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 8 }), options, async (steps, options) => {
          // One that the kernel has chosen it takes back with a connection.
          const { socket } = bound("udp4", options, await nobodysPort());
          if (options.batchMessages) tellEach(socket);
          const open = (peer: number): Stream =>
            new Stream("udp4", socket, { segmentation: peer === 1 ? "off" : "auto" });
          const streams = Array.from({ length: 3 }, (_, peer) => open(peer));
          const connect = (): void => socket.connectSync(streams[0].from.address().port, LOOPBACK.udp4);
          if (connected) connect();
          let was = false;
          const look = (): void => {
            const is = isJoined(socket);
            if (is !== was) changes++;
            was = is;
          };
          for (const { peer, size, count, times, astray, then, pause } of steps) {
            const at = connected ? 0 : peer;
            const stream = streams[at];
            const also = astray ? () => stream.from.send(Buffer.alloc(size), NOBODY, LOOPBACK.udp4) : undefined;
            for (let i = 0; i < times; i++) {
              stream.send(count, size, also);
              if (i % 3 === 2) await stream.arrived();
              look();
            }
            await stream.arrived();
            if (then === "renew") {
              await stream.end();
              streams[at] = open(at);
              if (connected) {
                socket.disconnect();
                connect();
              }
            } else if (then === "reconnect") {
              if (connected) socket.disconnect();
              connect();
              if (!connected) socket.disconnect();
            } else if (then === "refusal") {
              if (connected) socket.disconnect();
              socket.connectSync(NOBODY, LOOPBACK.udp4);
              const failed = once(socket, "error");
              socket.send("to nobody");
              assertEquals((await within(failed, "'error'"))[0].code, "ECONNREFUSED");
              socket.disconnect();
              if (connected) connect();
            }
            if (pause > 0) await later(pause);
            look();
          }
          streams[0].send(48, 64);
          await close(socket);
          await streams[0].calledBack();
          for (const stream of streams) await stream.end();
        }),
        6,
        [[[
          { peer: 0, size: 64, count: 48, times: 120, pause: 260, ...quietly },
          { peer: 0, size: 64, count: 48, times: 40, pause: 520, ...quietly },
          { peer: 1, size: 700, count: 48, times: 120, pause: 520, ...quietly },
          { peer: 1, size: 64, count: 1, times: 3, pause: 0, ...quietly },
          { peer: 0, size: 64, count: 48, times: 80, pause: 0, astray: false, then: "refusal" },
          { peer: 0, size: 64, count: 48, times: 12, pause: 0, astray: true, then: "renew" },
          { peer: 0, size: 64, count: 48, times: 12, pause: 260, astray: false, then: "reconnect" },
          { peer: 0, size: 64, count: 48, times: 12, pause: 0, ...quietly },
        ], {}]],
      );
      assert(changes >= 3, `${changes} changes`);
    },
  );
}
