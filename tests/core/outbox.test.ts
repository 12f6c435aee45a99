/** What waits for room, where what ends it comes at odd moments: over a network whose answers the test gives. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createSocket, type Socket } from "@x/dgram";
import { Buffer } from "node:buffer";
import { BlockList } from "node:net";
import { nextTick } from "node:process";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { collector, noCollector } from "../support/collector.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A bound socket, and a list of what its callbacks and events say. */
class Stage {
  readonly network = new ScriptedBackend();
  readonly seen: string[] = [];
  readonly socket: Socket;

  constructor(options: object = {}, deferred?: "serial" | "full") {
    this.network.deferred = deferred;
    this.socket = createSocket({ type: "udp4", backend: this.network, ...options });
    for (const event of ["drain", "close"]) this.socket.on(event, () => void this.seen.push(event));
    this.socket.bindSync({ port: 0 });
  }

  send(text: string, then = (): void => {}): void {
    this.socket.send(Buffer.from(text), 9, "127.0.0.1", (error: Error & { code?: string } | null) => {
      this.seen.push(`${text} ${error === null ? "sent" : error.code}`);
      then();
    });
  }

  async room(answer = 1): Promise<void> {
    this.network.answer = answer;
    this.network.drain();
    await turn();
  }

  /** What was seen since the last look. */
  look(): string[] {
    return this.seen.splice(0);
  }
}

test("what waits counts against maxSendQueueCount to the last one, and no longer once it has left", async () => {
  const stage = new Stage({ maxSendQueueCount: 2 });
  await turn();
  for (let round = 0; round < 2; round++) {
    stage.network.answer = 0;
    for (const text of ["one", "two", "three"]) stage.send(text);
    await turn();
    assertEquals([stage.look(), stage.socket.getSendQueueCount()], [["three ERR_SOCKET_DGRAM_QUEUE_FULL"], 2]);
    await stage.room();
    assertEquals([stage.look(), stage.socket.getSendQueueCount()], [["one sent", "two sent", "drain"], 0]);
  }
  stage.socket.close();
});

test("what waits counts against maxSendQueueSize to the last byte", async () => {
  const stage = new Stage({ maxSendQueueSize: 10 });
  await turn();
  stage.network.answer = 0;
  for (const text of ["aaaa", "bbbb", "ccc", "dd"]) stage.send(text);
  await turn();
  assertEquals([stage.look(), stage.socket.getSendQueueSize()], [["ccc ERR_SOCKET_DGRAM_QUEUE_FULL"], 10]);
  await stage.room();
  stage.socket.close();
});

test("'drain' does not come after close(), though what waited has left before", async () => {
  const stage = new Stage();
  await turn();
  stage.network.answer = 0;
  stage.send("one");
  await turn();
  stage.network.answer = 1;
  stage.network.drain();
  stage.socket.close();
  await turn();
  assertEquals(stage.look(), ["one sent", "close"]);
});

test("'drain' comes once, when what waited has left, and not when there is no room after all", async () => {
  const stage = new Stage();
  await turn();
  stage.network.answer = 0;
  for (const text of ["one", "two"]) stage.send(text);
  await turn();
  for (let i = 0; i < 3; i++) await stage.room(0);
  assertEquals(stage.look(), []);
  for (let i = 0; i < 3; i++) await stage.room();
  assertEquals(stage.look(), ["one sent", "two sent", "drain"]);
  stage.socket.close();
});

test("a callback that closes leaves each that waits its end, and 'close' comes after them", async () => {
  const stage = new Stage();
  await turn();
  stage.network.onSent = () => stage.network.answer = 0;
  stage.send("one", () => stage.socket.close());
  for (const text of ["two", "three"]) stage.send(text);
  await turn();
  assertEquals(stage.look(), ["one sent"]);
  stage.network.onSent = () => {};
  await stage.room();
  await turn();
  assertEquals(stage.look(), ["two sent", "three sent", "close"]);
});

test("an abort within a callback ends what waits with ECANCELED, each once, before 'close'", async () => {
  const controller = new AbortController();
  const stage = new Stage({ signal: controller.signal });
  await turn();
  stage.network.onSent = () => stage.network.answer = 0;
  stage.send("one", () => controller.abort());
  for (const text of ["two", "three"]) stage.send(text);
  for (let i = 0; i < 4; i++) await turn();
  assertEquals(stage.look(), ["one sent", "two ECANCELED", "three ECANCELED", "close"]);
  await stage.room();
  assertEquals([stage.look(), stage.network.closed], [[], 1]);
});

test("sendMany() of which an abort cancels a part says which was the first and how many were sent", async () => {
  const controller = new AbortController();
  const stage = new Stage({ signal: controller.signal });
  await turn();
  stage.network.onSent = () => stage.network.answer = 0;
  const messages = ["one", "two", "three"].map((data) => ({ data, port: 9, address: "127.0.0.1" }));
  const failed = stage.socket.sendMany(messages).then(() => "sent", ({ code, index, sent }) => [code, index, sent]);
  await turn();
  controller.abort();
  assertEquals(await failed, ["ECANCELED", 1, 1]);
});

test("a look-up that answers after an abort sends nothing, and is called back for no second time", async () => {
  const controller = new AbortController();
  let answer = (_error: Error | null, _address?: string, _family?: number): void => {};
  const lookup = (_name: string, _family: number, done: typeof answer): void => void (answer = done);
  const stage = new Stage({ signal: controller.signal, lookup });
  await turn();
  stage.send("one");
  controller.abort();
  for (let i = 0; i < 4; i++) await turn();
  assertEquals(stage.look(), ["one ECANCELED", "close"]);
  answer(null, "127.0.0.1", 4);
  await turn();
  assertEquals([stage.look(), stage.network.sent], [[], []]);
});

test("a socket that somebody else closes while some wait ends them before 'close', once", async () => {
  const stage = new Stage();
  await turn();
  stage.network.answer = 0;
  for (const text of ["one", "two"]) stage.send(text);
  await turn();
  for (let i = 0; i < 2; i++) stage.network.closeBelow();
  await stage.room();
  for (let i = 0; i < 3; i++) await turn();
  assertEquals([stage.look(), stage.network.closed], [["one ECANCELED", "two ECANCELED", "close"], 0]);
  const later: Record<string, () => unknown> = {
    send: () => stage.send("three"),
    connect: () => stage.socket.connect(9),
    close: () => stage.socket.close(),
  };
  for (const [name, call] of Object.entries(later)) {
    assertEquals([name, (assertThrows(call) as NodeJS.ErrnoException).code], [name, "ERR_SOCKET_DGRAM_NOT_RUNNING"]);
  }
});

test("a socket that somebody else closes within 'listening' calls back what waits for that before 'close', once", async () => {
  for (const closesItself of [false, true]) {
    const network = new ScriptedBackend();
    const seen: string[] = [];
    const socket = createSocket({ type: "udp4", backend: network });
    socket.on("listening", () => network.closeBelow());
    socket.on("close", () => void seen.push("close"));
    socket.bind(0);
    socket.send("x", 9, "127.0.0.1", (error) => seen.push(`${(error as { code?: string } | null)?.code}`));
    if (closesItself) socket.close();
    await turn();
    await turn();
    assertEquals(seen, ["ECANCELED", "close"]);
  }
});

test("what waits keeps where it goes, though the socket is connected, disconnected and connected elsewhere", async () => {
  const stage = new Stage();
  await turn();
  stage.network.answer = 0;
  stage.send("to 9");
  await turn();
  // The calls themselves are to succeed: there is no room for datagrams alone.
  stage.socket.connectSync(10, "127.0.0.1");
  stage.socket.send("to 10");
  stage.socket.disconnect();
  stage.socket.connectSync(11, "127.0.0.1");
  stage.socket.send("to 11");
  await stage.room();
  assertEquals(stage.network.sent.map(({ text, address, port }) => [text, address ? port : "the peer"]), [
    ["to 9", 9],
    ["to 10", 10],
    ["to 11", "the peer"],
  ]);
  stage.socket.close();
});

test("where one datagram leaves at a time, one that can't be sent ends after those before it", async () => {
  const stage = new Stage({}, "serial");
  await turn();
  stage.send("one");
  stage.send("x".repeat(65_536));
  await turn();
  assertEquals(stage.look(), []);
  stage.network.end(0);
  await turn();
  assertEquals(stage.look().map((line) => line.replace(/^x+/, "x")), ["one sent", "x EMSGSIZE"]);
  stage.socket.close();
});

test("where one datagram leaves at a time, those that wait leave with the bytes that they had at the end of their turn", async () => {
  const stage = new Stage({}, "serial");
  await turn();
  const bytes = Buffer.from("two");
  const parts = [Buffer.from("thr"), Buffer.from("ee")];
  stage.send("one");
  stage.socket.send(bytes, 9, "127.0.0.1");
  stage.socket.send(parts, 9, "127.0.0.1");
  await turn();
  for (const each of [bytes, ...parts]) each.fill("x");
  for (let i = 0; i < 3; i++) stage.network.end(0);
  await turn();
  assertEquals(stage.network.sent.map(({ text }) => text), ["one", "two", "three"]);
  stage.socket.close();
});

test("what a runtime keeps, since the kernel has no room, counts until it has ended, and 'drain' comes after it", async () => {
  const stage = new Stage({ maxSendQueueCount: 2 }, "full");
  await turn();
  for (const text of ["one", "two", "three"]) stage.send(text);
  await turn();
  assertEquals([stage.look(), stage.socket.getSendQueueCount()], [["three ERR_SOCKET_DGRAM_QUEUE_FULL"], 2]);
  stage.network.end(0);
  stage.send("four");
  stage.send("five");
  await turn();
  assertEquals(stage.look(), ["one sent", "five ERR_SOCKET_DGRAM_QUEUE_FULL"]);
  stage.network.end(0);
  await turn();
  assertEquals(stage.look(), ["two sent"]);
  stage.network.end(0);
  await turn();
  assertEquals(stage.look(), ["four sent", "drain"]);
  stage.socket.close();
});

test("a datagram that can't be sent ends after those that a runtime keeps", async () => {
  const stage = new Stage({}, "full");
  await turn();
  stage.send("one");
  await turn();
  stage.send("x".repeat(65_536));
  await turn();
  assertEquals(stage.look(), []);
  stage.network.end(0);
  await turn();
  assertEquals(stage.look().map((line) => line.replace(/^x+/, "x")), ["one sent", "x EMSGSIZE", "drain"]);
  stage.socket.close();
});

test("what a runtime throws for a datagram is the error of its callback, and the next one leaves", async () => {
  const stage = new Stage();
  await turn();
  const refusal = Object.assign(new Error("not this one"), { code: "REFUSED" });
  stage.network.onSent = ({ text }) => {
    if (text === "two") throw refusal;
  };
  for (const text of ["one", "two", "three"]) stage.send(text);
  await turn();
  assertEquals(stage.look(), ["one sent", "two REFUSED", "three sent"]);
  stage.socket.close();
});

test("a datagram that ends in the call that hands it over holds up none behind it", async () => {
  const stage = new Stage({ maxSendQueueCount: 2 }, "serial");
  await turn();
  stage.network.onSent = () => stage.network.end(0);
  for (let round = 0; round < 3; round++) {
    stage.send("one");
    stage.send("x".repeat(65_536));
    await turn();
    assertEquals(stage.look().map((line) => line.replace(/^x+/, "x")), ["one sent", "x EMSGSIZE"]);
  }
  stage.socket.close();
  await turn();
  assertEquals(stage.look(), ["close"]);
});

test("of very many datagrams those that wait stay in their order, and keep where they go", async () => {
  const stage = new Stage();
  await turn();
  const texts = Array.from({ length: 1500 }, (_, i) => `${i}`);
  const sent = (): string[] => stage.network.sent.splice(0).map(({ text }) => text);
  stage.network.onSent = () => {
    if (stage.network.sent.length === 1100) stage.network.answer = 0;
  };
  stage.network.answer = 0;
  for (const text of texts) stage.send(text);
  await turn();
  assertEquals([sent(), stage.socket.getSendQueueCount()], [[], 1500]);
  await stage.room();
  assertEquals([sent(), stage.socket.getSendQueueCount()], [texts.slice(0, 1100), 400]);
  stage.send("late");
  await turn();
  stage.socket.connectSync(10, "127.0.0.1");
  await stage.room();
  assertEquals(sent(), [...texts.slice(1100), "late"]);
  assertEquals(stage.look().filter((line) => !line.endsWith(" sent")), ["drain"]);
  stage.socket.close();
});

for (const [waiting, name] of [[500, "though others still wait"], [0, "where none waits any more"]] as const) {
  test(`what has left is let go of, ${name}`, { skip: noCollector }, async () => {
    const stage = new Stage();
    await turn();
    const [LEFT, SAMPLE] = [2500, 10];
    stage.network.answer = 0;
    const payloads: WeakRef<object>[] = [];
    const send = (i: number): void => {
      const payload = new Uint8Array(100);
      if (i < LEFT && i % SAMPLE === 0) payloads.push(new WeakRef(payload));
      stage.socket.send(payload, 9, "127.0.0.1");
    };
    for (let i = 0; i < LEFT + waiting; i++) send(i);
    await turn();
    stage.network.onSent = () => {
      if (stage.network.sent.length === LEFT) stage.network.answer = 0;
    };
    await stage.room();
    assertEquals(stage.socket.getSendQueueCount(), waiting);
    const collect = collector();
    const held = (): number => payloads.filter((payload) => payload.deref() !== undefined).length;
    for (let i = 0; i < 10 && held() > 0; i++) {
      // A WeakRef holds on to what it was made of until the turn is over.
      for (let k = 0; k < 3; k++) await turn();
      collect();
    }
    // An engine may take some for held, since it finds their addresses on the stack.
    assert(held() < payloads.length / 2, `${held()} of ${payloads.length} payloads are held`);
    stage.network.onSent = () => {};
    await stage.room();
    stage.socket.close();
  });
}

test("what a connected socket finds no room for leaves when there is some, and its callback comes", async () => {
  const stage = new Stage();
  await turn();
  stage.socket.connectSync(9, "127.0.0.1");
  stage.network.answer = 0;
  const send = (text: string): void => {
    stage.socket.send(text, (error: Error | null) => void stage.seen.push(`${text} ${error ?? "sent"}`));
  };
  send("one");
  assertEquals([stage.socket.getSendQueueCount(), stage.socket.getSendQueueSize()], [1, 3]);
  send("two");
  await turn();
  assertEquals([stage.look(), stage.network.sent, stage.socket.getSendQueueCount()], [[], [], 2]);
  await stage.room();
  assertEquals(stage.network.sent.map(({ text }) => text), ["one", "two"]);
  assertEquals([stage.look(), stage.socket.getSendQueueCount()], [["one sent", "two sent", "drain"], 0]);
  stage.socket.close();
});

/** Time that passes when the test says so: the network's own. */
class Clock {
  readonly #due: (() => void)[] = [];

  now(): number {
    return 0;
  }

  setTimeout(callback: () => void): { unref(): void } {
    this.#due.push(callback);
    return { unref: () => {} };
  }

  clearTimeout(): void {}

  setImmediate(callback: () => void): void {
    this.#due.push(callback);
  }

  /** What is due, one after the other: a timer, and two turns, before the second of which something happens. */
  look(happens: () => void): void {
    this.#due.shift()!();
    this.#due.shift()!();
    happens();
    this.#due.shift()!();
  }
}

test("close() waits as long as something leaves, and for ten looks that find nothing has", async () => {
  const stage = new Stage();
  const clock = new Clock();
  Object.assign(stage.network, { clock });
  await turn();
  stage.network.answer = 0;
  for (let i = 0; i < 22; i++) stage.send(`${i}`);
  await turn();
  stage.network.onSent = () => stage.network.answer = 0;
  stage.socket.close();
  for (let i = 0; i < 20; i++) {
    clock.look(() => {
      stage.network.answer = 1;
      stage.network.drain();
    });
    await turn();
    assertEquals(stage.look(), [`${i} sent`]);
  }
  for (let i = 0; i < 9; i++) clock.look(() => {});
  await turn();
  assertEquals(stage.look(), []);
  clock.look(() => {});
  for (let i = 0; i < 3; i++) await turn();
  assertEquals(stage.look(), ["20 ECANCELED", "21 ECANCELED", "close"]);
});

test("close() waits as long as something leaves or fails, though as many fail as leave", async () => {
  const stage = new Stage({}, "serial");
  const clock = new Clock();
  Object.assign(stage.network, { clock });
  await turn();
  const ROUNDS = 12;
  const tooLong = "x".repeat(65_536);
  for (let i = 0; i < ROUNDS; i++) {
    stage.send(`${i}`);
    stage.send(tooLong);
  }
  await turn();
  stage.socket.close();
  for (let i = 0; i < ROUNDS; i++) {
    clock.look(() => stage.network.end(0));
    for (let k = 0; k < 3; k++) await turn();
    const ends = stage.look().map((line) => line.replace(tooLong, "the long one"));
    assertEquals(ends, [`${i} sent`, "the long one EMSGSIZE", ...i === ROUNDS - 1 ? ["close"] : []]);
  }
});

test("'close' comes on the next tick where nothing is to be called back, also after what was sent in other turns", async () => {
  const stage = new Stage();
  stage.send("one");
  stage.send("two");
  await turn();
  assertEquals(stage.look(), ["one sent", "two sent"]);
  stage.socket.close();
  nextTick(() => void stage.seen.push("the tick after"));
  await turn();
  assertEquals(stage.look(), ["close", "the tick after"]);
});

test("where one datagram leaves at a time, one that was refused before keeps its error, whatever its length", async () => {
  const sendBlockList = new BlockList();
  sendBlockList.addAddress("127.0.0.2");
  const stage = new Stage({ sendBlockList }, "serial");
  await turn();
  stage.send("one");
  const refused: unknown[] = [];
  stage.socket.send(new Uint8Array(65_536), 9, "127.0.0.2", (error: Error & { code?: string } | null) => {
    refused.push(error?.code);
  });
  await turn();
  stage.network.end(0);
  await turn();
  assertEquals([stage.look(), refused], [["one sent"], ["ERR_IP_BLOCKED"]]);
  stage.socket.close();
});

test("what was refused before a connection overtakes it keeps its error", async () => {
  const sendBlockList = new BlockList();
  sendBlockList.addAddress("127.0.0.2");
  const stage = new Stage({ sendBlockList });
  await turn();
  stage.network.answer = 0;
  stage.send("one");
  await turn();
  stage.send("overtaken");
  const refused: unknown[] = [];
  stage.socket.send("refused", 9, "127.0.0.2", (error: Error & { code?: string } | null) => {
    refused.push(error?.code);
  });
  stage.socket.connectSync(10, "127.0.0.1");
  await turn();
  await stage.room();
  assertEquals([stage.look(), refused], [["one sent", "overtaken EISCONN", "drain"], ["ERR_IP_BLOCKED"]]);
  stage.socket.close();
});

test("what the bound of the queue refuses is called back on the next tick", async () => {
  const stage = new Stage({ maxSendQueueCount: 1 });
  await turn();
  stage.network.answer = 0;
  stage.send("one");
  await turn();
  stage.send("two");
  nextTick(() => void stage.seen.push("the tick after"));
  await turn();
  assertEquals(stage.look(), ["two ERR_SOCKET_DGRAM_QUEUE_FULL", "the tick after"]);
  await stage.room();
  stage.socket.close();
});
