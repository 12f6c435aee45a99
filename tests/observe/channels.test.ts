/** What the channels of node:diagnostics_channel are told of observed sockets, and of no others. */
import { assert, assertEquals } from "@std/assert";
import { createSocket, type Socket } from "@x/dgram";
import { guard } from "@x/dgram/guard";
import { type ChannelMessages, observe } from "@x/dgram/observe";
import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { BlockList } from "node:net";
import os from "node:os";
import { test } from "node:test";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const EVENTS = ["open", "bind", "send", "message", "error", "drop", "close"] as const;
const HERE = "127.0.0.1";

type Heard = ChannelMessages[keyof ChannelMessages];

/** All that is told while this runs, with the names of the channels. */
async function told(run: () => Promise<void>): Promise<[event: string, message: Heard][]> {
  const heard: [string, Heard][] = [];
  const listeners = EVENTS.map((event) => {
    const listener = (message: unknown): void => void heard.push([event, message as Heard]);
    channel(`x-dgram:socket:${event}`).subscribe(listener);
    return [event, listener] as const;
  });
  try {
    await run();
  } finally {
    for (const [event, listener] of listeners) channel(`x-dgram:socket:${event}`).unsubscribe(listener);
  }
  return heard;
}

test("a socket's life is told: open, bind, message, send, drop, error, close", async () => {
  const backend = new ScriptedBackend();
  const socket = createSocket({ type: "udp4", backend, maxSendQueueCount: 1 });
  socket.on("error", () => {});
  const heard = await told(async () => {
    guard(socket, { samePort: true });
    observe(socket);
    socket.bindSync({ address: HERE });
    await once(socket, "listening");
    backend.arrive("kept back", 7, "192.0.2.1");
    backend.arrive("welcome", 5000, "192.0.2.1");
    await new Promise((done) => socket.send("ok", 5000, "192.0.2.1", done));
    await new Promise((done) => socket.send(new Uint8Array(1000), 5000, "192.0.2.1", done));
    backend.answer = -os.constants.errno.EPERM;
    await new Promise((done) => socket.send("no", 5000, "192.0.2.1", done));
    backend.fail(-os.constants.errno.ECONNREFUSED);
    socket.close();
    await once(socket, "close");
  });
  assert(heard.every(([, message]) => message.socket === socket));
  const all = heard.map(([event, { socket: _, ...message }]) => [event, message] as const);
  const stats = (all.at(-1)![1] as { stats: { received: { delivered: number } } }).stats;
  assertEquals(stats.received.delivered, 1);
  assertEquals(
    all.map(([event, message]): unknown => {
      const { error, from, stats: _, ...rest } = message as Record<string, unknown>;
      const code = (error as { code?: string } | null | undefined)?.code;
      return [event, {
        ...rest,
        ...(from ? { port: (from as { port: number }).port } : {}),
        ...(code ? { code } : {}),
      }];
    }),
    [
      ["open", {}],
      ["bind", { address: { address: HERE, family: "IPv4", port: 4000 } }],
      ["drop", { direction: "in", reason: "guard", size: 9 }],
      ["message", { size: 7, port: 5000 }],
      ["send", { size: 2, address: "192.0.2.1", port: 5000 }],
      ["drop", { direction: "out", reason: "guard", size: 1000 }],
      ["send", { size: 2, address: "192.0.2.1", port: 5000, code: "EPERM" }],
      ["error", { code: "ECONNREFUSED" }],
      ["close", {}],
    ],
  );
});

for (const how of ["close()", "disposal", "an abort", "somebody else's close"] as const) {
  test(`what a socket holds when ${how} ends it is told as dropped, and counted before that is told`, async () => {
    const backend = new ScriptedBackend({ pause: "native" });
    const controller = new AbortController();
    const socket = createSocket({ type: "udp4", backend, signal: controller.signal });
    const observation = observe(socket);
    const texts: string[] = [];
    // One is told after resume(), and has the others held on.
    socket.on("message", (data) => {
      texts.push(`${data}`);
      socket.pause();
    });
    const sums: number[][] = [];
    const read = (): void => {
      const { received: { datagrams, delivered, dropped }, waiting } = observation.read();
      sums.push([datagrams, delivered, dropped.closed, waiting.held]);
    };
    const heard = await told(async () => {
      socket.bindSync({ address: HERE });
      socket.pause();
      for (const text of ["1", "22", "333"]) backend.arrive(text);
      socket.resume();
      await new Promise((done) => setImmediate(done));
      read();
      channel("x-dgram:socket:drop").subscribe(read);
      const closed = once(socket, "close");
      if (how === "close()") socket.close();
      else if (how === "disposal") void socket[Symbol.asyncDispose]();
      else if (how === "an abort") controller.abort();
      else backend.closeBelow();
      await closed;
      channel("x-dgram:socket:drop").unsubscribe(read);
    });
    read();
    const drops = heard.filter(([event]) => event === "drop").map(([, message]) => ({ ...message, socket: undefined }));
    assertEquals(texts, ["1"]);
    assertEquals(drops, [2, 3].map((size) => ({ direction: "in", reason: "closed", size, socket: undefined })));
    assertEquals(sums, [[3, 1, 0, 2], [3, 1, 1, 1], [3, 1, 2, 0], [3, 1, 2, 0]]);
    const { stats } = heard.at(-1)![1] as ChannelMessages["x-dgram:socket:close"];
    assertEquals(stats.received.dropped.closed, 2);
  });
}

test("of what is refused the bytes are told that would have left, also of lists, of what is too long and not found", async () => {
  const sendBlockList = new BlockList();
  sendBlockList.addAddress("192.0.2.1");
  const lookup = (name: string, _options: unknown, done: (error: Error | null, address?: string) => void): void =>
    name === "a.name" ? done(new Error("no")) : done(null, name);
  const heard = await told(async () => {
    for (const isGuarded of [true, false]) {
      const backend = new ScriptedBackend();
      const socket = createSocket({
        type: "udp4",
        backend,
        ...isGuarded ? {} : { sendBlockList, lookup: lookup as never },
      });
      observe(socket);
      if (isGuarded) guard(socket);
      socket.bindSync({ address: HERE });
      const names = isGuarded ? ["192.0.2.1"] : ["192.0.2.1", "a.name"];
      for (const name of names) {
        for (const data of ["12345", ["12", "345"]]) {
          await new Promise((done) => socket.send(data as never, 5000, name, done));
        }
      }
      if (!isGuarded) await new Promise((done) => socket.send(new Uint8Array(70_000), 5000, HERE, done));
      const closed = once(socket, "close");
      socket.close();
      await closed;
    }
  });
  const sizes = heard.filter(([event]) => event === "drop" || event === "send").map(([event, message]) =>
    `${event} ${(message as { size: number }).size}`
  );
  assertEquals(sizes, [...Array(4).fill("drop 5"), "send 5", "send 5", "send 70000"]);
});

test("of a socket that is not observed nothing is told", async () => {
  const heard = await told(async () => {
    const socket = createSocket({ type: "udp4", backend: new ScriptedBackend() });
    socket.bindSync({ address: HERE });
    socket.close();
    await once(socket, "close");
  });
  assertEquals(heard, []);
});

test("who begins to listen while listeners are told of a datagram is told of it, too", () => {
  const backend = new ScriptedBackend();
  const socket = createSocket({ type: "udp4", backend });
  observe(socket);
  socket.bindSync({ address: HERE });
  const sizes: number[] = [];
  const listener = (message: unknown): void => void sizes.push((message as { size: number }).size);
  socket.once("message", () => channel("x-dgram:socket:message").subscribe(listener));
  backend.arrive("first", 5000, "192.0.2.1");
  backend.arrive("second", 5000, "192.0.2.1");
  channel("x-dgram:socket:message").unsubscribe(listener);
  socket.close();
  assertEquals(sizes, [5, 6]);
});

test("what a program emits by itself reaches the listeners of an observed socket as it is, heard or not", () => {
  const socket = createSocket("udp4");
  observe(socket);
  const given: unknown[][] = [];
  for (const event of ["message", "messages"]) socket.on(event, (...values: unknown[]) => given.push(values));
  const emit = socket.emit as (...values: unknown[]) => boolean;
  const emitted = [[], [1], [1, 2], [1, null], [1, 2, 3]];
  const listener = (): void => {};
  for (const isHeard of [false, true]) {
    if (isHeard) channel("x-dgram:socket:message").subscribe(listener);
    given.length = 0;
    for (const values of emitted) emit.call(socket, "message", ...values);
    emit.call(socket, "messages", [null], 4);
    assertEquals(given, [...emitted, [[null], 4]]);
  }
  channel("x-dgram:socket:message").unsubscribe(listener);
  socket.close();
});

const within: readonly [string, (socket: Socket, port: number) => Promise<unknown>, number][] = [
  ["closes its socket", (socket) => new Promise<void>((done) => void socket.close(done)), 5],
  [
    "sends as many as leave in one call",
    (socket, port) => socket.sendMany(Array.from({ length: 64 }, () => ({ data: "y", port, address: HERE }))),
    69,
  ],
];

for (const [what, act, count] of within) {
  test(`of a batch each ends and is counted, where who is told of the first ${what}`, async () => {
    const receiver = createSocket("udp4");
    receiver.bindSync({ address: HERE });
    const { port } = receiver.address();
    const socket = createSocket("udp4");
    const observation = observe(socket);
    socket.bindSync({ address: HERE });
    let acted: Promise<unknown> | undefined;
    let isFirst = true;
    const listener = (message: unknown): void => {
      if ((message as { socket: unknown }).socket !== socket || !isFirst) return;
      isFirst = false;
      acted = act(socket, port);
    };
    channel("x-dgram:socket:send").subscribe(listener);
    try {
      const ends = [1, 2, 3].map(() =>
        new Promise<Error | null>((done) => socket.send("x", port, HERE, (error) => done(error)))
      );
      const batch = socket.sendMany([{ data: "x", port, address: HERE }, { data: "x", port, address: HERE }]);
      assertEquals(await Promise.all([...ends, batch]), [null, null, null, 2]);
      await acted;
      assertEquals(observation.read().sent.datagrams, count);
    } finally {
      channel("x-dgram:socket:send").unsubscribe(listener);
      for (const each of [receiver, socket]) each[Symbol.asyncDispose]();
    }
  });
}
