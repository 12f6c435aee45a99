/** Many datagrams: none lost, none twice, none out of order, and nothing held for longer than it must be. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { capabilities, createSocket, type Socket } from "@x/dgram";
import type { Buffer } from "node:buffer";
import { once } from "node:events";
import { test } from "node:test";
import type { Backend, Datagram, Handle, Host } from "../../src/core/backend.ts";
import { lacking } from "../network/needs.ts";
import { spawnSelf } from "../support/child.ts";
import { close } from "../support/close.ts";
import { freePort } from "../support/free_port.ts";
import { within } from "../support/within.ts";

const HOST = "127.0.0.1";
const COUNT = 2000;
const WINDOW = 64;

function bound(): Socket {
  const socket = createSocket("udp4");
  socket.bindSync({ address: HOST });
  return socket;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

interface Paced {
  readonly received: number[];
  readonly calledBack: number[];
  readonly messages: Buffer[];
}

/** Sends COUNT datagrams, as many at a time as the receiver's buffer surely takes. */
async function paced(to: Socket, send: (text: string, done: () => void) => void): Promise<Paced> {
  const told: Paced = { received: [], calledBack: [], messages: [] };
  let sent = 0;
  const more = (): void => {
    const i = sent++;
    send(String(i), () => told.calledBack.push(i));
  };
  const all = new Promise<void>((resolve) => {
    to.on("message", (message) => {
      told.messages.push(message);
      told.received.push(Number(message));
      if (sent < COUNT) more();
      else if (told.received.length >= COUNT) resolve();
    });
  });
  while (sent < WINDOW) more();
  await within(all, `${COUNT} datagrams`, 30_000);
  // What came twice would come now: one more datagram has made its way.
  const last = once(to, "message");
  send("-1", () => {});
  await within(last, "the last datagram");
  assertEquals(told.received.pop(), -1);
  return told;
}

test("2,000 datagrams arrive in order, each once, and call back in order", async () => {
  const [from, to] = [bound(), bound()];
  const { port } = to.address();
  const { received, calledBack } = await paced(to, (text, done) => from.send(text, port, HOST, done));
  assertEquals(received, numbers(COUNT));
  assertEquals(calledBack, numbers(COUNT));
  await close(from, to);
});

test("2,000 datagrams of an unbound socket arrive in order, each once, and call back in order", async () => {
  const [from, to] = [createSocket("udp4"), bound()];
  const { port } = to.address();
  const { received, calledBack } = await paced(to, (text, done) => from.send(text, port, HOST, done));
  assertEquals(received, numbers(COUNT));
  assertEquals(calledBack, numbers(COUNT));
  await close(from, to);
});

test("2,000 datagrams of a connected socket arrive in order, each once, and call back in order", {
  skip: lacking("connect"),
}, async () => {
  const [from, to] = [bound(), bound()];
  from.connectSync(to.address().port, HOST);
  const { received, calledBack } = await paced(to, (text, done) => from.send(text, done));
  assertEquals(received, numbers(COUNT));
  assertEquals(calledBack, numbers(COUNT));
  await close(from, to);
});

test("2,000 datagrams go there and back, half of them without a callback", async () => {
  const [from, to] = [bound(), bound()];
  to.on("message", (message, { port, address }) => to.send(message, port, address));
  const port = to.address().port;
  const answers: number[] = [];
  let sent = 0;
  let calledBack = 0;
  const more = (): void => {
    const i = sent++;
    from.send(String(i), port, HOST, i % 2 === 0 ? undefined : () => calledBack++);
  };
  const all = new Promise<void>((resolve) => {
    from.on("message", (message) => {
      answers.push(Number(message));
      if (sent < COUNT) more();
      else if (answers.length === COUNT) resolve();
    });
  });
  while (sent < WINDOW) more();
  await within(all, `${COUNT} answers`, 30_000);
  assertEquals(answers, numbers(COUNT));
  await close(from, to);
  assertEquals(calledBack, COUNT / 2);
});

test("a message is its own Buffer, exactly as long as the datagram", async () => {
  const [from, to] = [bound(), bound()];
  const { port } = to.address();
  const { messages } = await paced(to, (text, done) => from.send(text, port, HOST, done));
  assertEquals(messages.filter((message) => message.byteOffset !== 0), []);
  assertEquals(messages.filter((message) => message.buffer.byteLength !== message.length), []);
  assertEquals(new Set(messages.map((message) => message.buffer)).size, messages.length);
  await close(from, to);
});

for (const inOneTurn of [true, false]) {
  const how = inOneTurn ? "in the same turns" : "one after the other";
  test(`a dead port costs no later datagram: 50 of 50 arrive ${how}`, async () => {
    const [from, to] = [bound(), bound()];
    const { port } = to.address();
    const closed = await freePort();
    const received: number[] = [];
    const failed: unknown[] = [];
    const all = new Promise<void>((resolve) => {
      to.on("message", (message) => received.push(Number(message)) === 50 && resolve());
    });
    from.on("error", (error) => failed.push(error));
    const send = (text: string, to: number): Promise<void> =>
      new Promise((resolve) => from.send(text, to, HOST, (error) => resolve(void (error && failed.push(error)))));
    for (let i = 0; i < 50; i++) {
      const sends = [() => send("to nobody", closed), () => send(String(i), port)];
      if (inOneTurn) await within(Promise.all(sends.map((start) => start())), "the callbacks");
      else for (const start of sends) await within(start(), "a callback");
    }
    await within(all, "50 datagrams");
    assertEquals({ received, failed }, { received: numbers(50), failed: [] });
    await close(from, to);
  });
}

test("exceptions of listeners and callbacks all reach the process, and every datagram is delivered", async () => {
  const { stdout, stderr, code } = await spawnSelf("core/burst", ["exceptions", "300"], { timeout: 30_000 });
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assertEquals(JSON.parse(stdout), { received: 300, calledBack: 300, uncaught: 250, expected: 250 });
});

test("10,000 messages of 64 bytes that are held hold less than 10 MB", async () => {
  const { stdout, stderr, code } = await spawnSelf("core/burst", ["memory", "10000", "64"], { timeout: 60_000 });
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  const told = JSON.parse(stdout) as Record<"held" | "pinned" | "rss" | "external" | "arrayBuffers", number>;
  assertEquals({ held: told.held, pinned: told.pinned }, { held: 10_000, pinned: 64 });
  assertLess(told.external, 10e6);
  assertLess(told.arrayBuffers, 10e6);
  // Objects and the allocator's own share; 64 KiB behind each message would be 640 MB.
  assertLess(told.rss, 60e6);
});

/** A network with room for a few datagrams at a time; it makes room again when the turn is over. */
class Narrow implements Backend, Handle {
  readonly name = "narrow";
  readonly capabilities = capabilities;
  readonly queueSize = 0;
  readonly queueCount = 0;
  readonly deferred: boolean;
  readonly left: string[] = [];
  readonly #room: number;
  #taken = 0;
  #draining = false;
  #host: Host | undefined;

  constructor(room: number, deferred: boolean) {
    this.#room = room;
    this.deferred = deferred;
  }

  open(_: unknown, host: Host): Handle {
    this.#host = host;
    return this;
  }

  send(datagram: Datagram): number {
    return this.sendBatch([datagram], 0, 1);
  }

  sendBatch(datagrams: readonly Datagram[], from: number, to: number): number {
    const taken = datagrams.slice(from, Math.min(to, from + this.#room - this.#taken));
    this.#taken += taken.length;
    for (const { data } of taken) this.left.push(new TextDecoder().decode(data));
    if (this.deferred) { for (const datagram of taken) setImmediate(() => this.#host!.sent(datagram, 0)); }
    if (this.#taken === this.#room) this.#drainLater();
    return taken.length;
  }

  #drainLater(): void {
    if (this.#draining) return;
    this.#draining = true;
    setImmediate(() => {
      this.#draining = false;
      this.#taken = 0;
      this.#host!.drained();
    });
  }

  remoteAddress(): { address: string; family: "IPv4"; port: number } {
    return { address: "127.0.0.1", family: "IPv4", port: 9 };
  }

  address(): { address: string; family: "IPv4"; port: number } {
    return { address: HOST, family: "IPv4", port: 7 };
  }
  connect(): number {
    return 0;
  }
  disconnect(): number {
    return 0;
  }
  set(): number {
    return 0;
  }
  get(): number {
    return 0;
  }
  setMulticastInterface(): number {
    return 0;
  }
  join(): number {
    return 0;
  }
  leave(): number {
    return 0;
  }
  ref(): void {}
  unref(): void {}
  close(closed: () => void): void {
    closed();
  }
}

for (const deferred of [false, true]) {
  for (const room of [1, 10, 64, 100]) {
    const name = `a send buffer with room for ${room} ${deferred ? "that tells later " : ""}loses nothing of 500`;
    test(name, async () => {
      const network = new Narrow(room, deferred);
      const socket = createSocket({ type: "udp4", backend: network });
      socket.bindSync();
      const calledBack: number[] = [];
      const bytes: unknown[] = [];
      for (let i = 0; i < 500; i++) {
        socket.send(String(i), 7, HOST, (error, size) => {
          calledBack.push(i);
          if (error || size !== String(i).length) bytes.push(error ?? size);
        });
      }
      const closed = once(socket, "close");
      socket.close();
      await within(closed, "'close'");
      assertEquals(network.left, numbers(500).map(String));
      assertEquals({ calledBack, bytes }, { calledBack: numbers(500), bytes: [] });
    });
  }
}

test("what waits for room is counted, and leaves before what is sent later", async () => {
  const network = new Narrow(10, false);
  const socket = createSocket({ type: "udp4", backend: network });
  socket.bindSync();
  for (let i = 0; i < 25; i++) socket.send("abc", 7, HOST);
  await new Promise<void>((resolve) => setImmediate(resolve));
  const counts = [[socket.getSendQueueCount(), socket.getSendQueueSize()]];
  const last = new Promise((resolve) => socket.send("last", 7, HOST, resolve));
  await within(last, "the last callback");
  counts.push([socket.getSendQueueCount(), socket.getSendQueueSize()]);
  assert(counts[0][0] > 0 && counts[0][0] <= 15, `${counts[0][0]} datagrams waited`);
  assertEquals(counts[0][1], counts[0][0] * 3);
  assertEquals(counts[1], [0, 0]);
  assertEquals(network.left.length, 26);
  assertEquals(network.left[25], "last");
  await close(socket);
});

test("bursts between datagrams that come alone arrive in order", async () => {
  const [here, there] = [bound(), bound()];
  const { port } = there.address();
  const received: number[] = [];
  there.on("message", (message) => received.push(Number(message)));
  let sent = 0;
  const send = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) here.send(String(sent++), port, HOST);
    while (received.length < sent) await within(once(there, "message"), `${sent} datagrams`);
  };
  // Up to more than a batch, after fewer and more single ones than it takes to look for no others.
  for (const burst of [2, 3, 32, 33, 70]) {
    for (let alone = 0; alone < 20; alone++) {
      for (let i = 0; i < alone; i++) await send(1);
      await send(burst);
    }
  }
  assertEquals(received, numbers(sent));
  await close(here, there);
});
