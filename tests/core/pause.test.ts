/** pause() and resume(): what arrives in between is left in the kernel, and nothing of it is lost or out of order. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createSocket, type Socket, type SocketOptions } from "@x/dgram";
import { once } from "node:events";
import process from "node:process";
import { test as nodeTest } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { lacking } from "../network/needs.ts";
import { spawnSelf } from "../support/child.ts";
import { freePort } from "../support/free_port.ts";
import { descriptorCount, notLinux, waitingAt } from "../support/proc.ts";
import { GROUP, noIPv6 } from "../support/wire.ts";
import { within } from "../support/within.ts";

const noPause = lacking("pause");
const there = noPause === false && "pause is there";

/** Each a way of its own to receive, on some runtime. */
const kinds: readonly (readonly [name: string, options: SocketOptions, skip?: string | false])[] = [
  ["a socket", { type: "udp4" }],
  ["a socket of both IP versions", { type: "udp6" }, noIPv6(6)],
  ["a socket that shares its port", { type: "udp4", reusePort: true }, lacking("reusePort")],
  ["a socket with receiveInfo", { type: "udp4", receiveInfo: true }, lacking("receiveInfo")],
  ["a socket with receiveOffload", { type: "udp4", receiveOffload: true }],
  ["a socket with pooledMessages", { type: "udp4", pooledMessages: true }],
];

const opened: Socket[] = [];

/** A test that leaves no socket open if it fails, which would keep the process from its end. */
function test(name: string, options: { readonly skip?: string | false }, play: () => Promise<void>): void {
  nodeTest(name, options, async () => {
    try {
      await play();
    } finally {
      for (const socket of opened.splice(0)) void socket[Symbol.asyncDispose]();
    }
  });
}

interface Pair {
  readonly receiver: Socket;
  readonly sender: Socket;
  readonly port: number;
  /** The numbers that were sent, as far as they have come. */
  readonly heard: number[];
  /** Sends the next `count` numbers, and waits until the kernel has them. */
  send(count: number): Promise<void>;
  /** Waits until all numbers below `count` have come, in order. */
  until(count: number): Promise<void>;
}

function pair(options: SocketOptions = { type: "udp4" }, asked = 0): Pair {
  const receiver = createSocket(options);
  const { port } = receiver.bindSync({ port: asked });
  const sender = createSocket(options.type);
  opened.push(receiver, sender);
  const address = options.type === "udp6" ? "::1" : "127.0.0.1";
  sender.bindSync({ address });
  const heard: number[] = [];
  const hear = (data: Uint8Array): void => {
    heard.push(new DataView(data.buffer, data.byteOffset).getUint32(0));
    receiver.emit("heard");
  };
  receiver.on("message", hear);
  receiver.on("messages", (batch) => batch.forEach(({ data }) => hear(data)));
  let next = 0;
  return {
    receiver,
    sender,
    port,
    heard,
    send: async (count) => {
      const sent = Array.from({ length: count }, () => {
        const data = new Uint8Array(64);
        new DataView(data.buffer).setUint32(0, next++);
        return new Promise<void>((done, fail) => {
          sender.send(data, port, address, (error) => error ? fail(error) : done());
        });
      });
      await within(Promise.all(sent), "the end of the sends");
    },
    until: async (count) => {
      while (heard.length < count) await within(once(receiver, "heard"), `${count} messages after ${heard.length}`);
      assertEquals(heard, Array.from({ length: count }, (_, i) => i));
    },
  };
}

async function close(...sockets: Socket[]): Promise<void> {
  const closed = sockets.map((socket) => once(socket, "close"));
  for (const socket of sockets) socket.close();
  await within(Promise.all(closed), "'close'");
}

for (const [name, options, missing] of kinds) {
  const skip = noPause || missing;

  test(`${name} that is paused leaves what arrives in the kernel`, { skip: skip || notLinux }, async () => {
    const { receiver, sender, heard, send, until } = pair(options);
    await send(3);
    await until(3);
    receiver.pause();
    await turn();
    await send(20);
    const before = waitingAt(receiver.address());
    await send(20);
    const after = waitingAt(receiver.address());
    assert(before > 0 && after > before, `${before}, then ${after} bytes waited in the kernel`);
    assertEquals([heard.length, receiver.isPaused()], [3, true]);
    receiver.resume();
    assertEquals([heard.length, receiver.isPaused()], [3, false]);
    await until(43);
    assertEquals(waitingAt(receiver.address()), 0);
    await close(receiver, sender);
  });

  test(`${name} can be paused in each listener and resumed in any turn`, { skip }, async () => {
    const { receiver, sender, send, until } = pair(options);
    let turns = 0;
    receiver.on("message", () => {
      receiver.pause();
      const later = turns++ % 4;
      if (later === 0) receiver.resume();
      else if (later === 1) process.nextTick(() => receiver.resume());
      else if (later === 2) setImmediate(() => receiver.resume());
      else setTimeout(() => receiver.resume(), 1);
    });
    for (let sent = 0; sent < 200; sent += 50) {
      await send(50);
      await until(sent + 50);
    }
    while (receiver.isPaused()) await turn();
    assertEquals(turns, 200);
    await close(receiver, sender);
  });

  test(`${name} tells nothing while it is paused, in the midst of a burst too`, { skip }, async () => {
    const { receiver, sender, heard, send, until } = pair(options);
    receiver.on("message", () => {
      if (heard.length % 10 === 0) receiver.pause();
    });
    await send(100);
    for (let told = 10; told <= 100; told += 10) {
      await until(told);
      for (let i = 0; i < 5; i++) await turn();
      assertEquals(heard.length, told);
      receiver.resume();
    }
    await close(receiver, sender);
  });

  test(`${name} hands over what it holds as batches`, { skip }, async () => {
    const { receiver, sender, heard, send, until } = pair({ ...options, batchMessages: true });
    await send(5);
    await until(5);
    receiver.pause();
    await send(50);
    for (let i = 0; i < 5; i++) await turn();
    assertEquals(heard.length, 5);
    receiver.resume();
    await until(55);
    await close(receiver, sender);
  });

  test(`${name} that is closed while it is paused tells nothing more and frees its port`, { skip }, async () => {
    for (const turns of [0, 1, 3]) {
      // One that the kernel chooses may be another process's once it is free.
      const port = await freePort(options.type === "udp6" ? "::" : "0.0.0.0");
      const { receiver, sender, heard, send } = pair(options, port);
      receiver.pause();
      await send(5);
      for (let i = 0; i < turns; i++) await turn();
      await close(receiver, sender);
      assertEquals(heard, []);
      const next = createSocket(options);
      opened.push(next);
      assertEquals(next.bindSync({ port }).port, port);
      await close(next);
    }
  });

  const ipv4Only = options.type === "udp6" && "the groups of this test are IPv4's";
  test(`${name} that is paused sends, connects and keeps its groups`, { skip: skip || ipv4Only }, async () => {
    const { receiver, sender, port, heard, send, until } = pair(options);
    const group = GROUP[4];
    receiver.addMembership(group, "127.0.0.1");
    receiver.pause();
    for (let i = 0; i < 3; i++) await turn();
    const first = once(receiver, "message");
    sender.send(new Uint8Array(4), port, group);
    receiver.resume();
    await within(first, "a datagram to the group");
    heard.length = 0;
    receiver.pause();
    receiver.connectSync(sender.address().port, "127.0.0.1");
    const replies: string[] = [];
    sender.on("message", (data) => {
      if (replies.push(`${data}`) === 3) sender.emit("replied");
    });
    const replied = once(sender, "replied");
    receiver.send("1");
    const many = receiver.sendMany([{ data: "2" }, { data: "3" }]);
    await within(replied, "three datagrams of a paused socket");
    assertEquals([await many, replies], [2, ["1", "2", "3"]]);
    await send(2);
    const stranger = createSocket("udp4");
    opened.push(stranger);
    stranger.bindSync();
    await within(new Promise((done) => stranger.send("xxxx", port, "127.0.0.1", done)), "the end of a send");
    receiver.resume();
    await send(1);
    await until(3);
    await close(receiver, sender, stranger);
  });
}

test("a socket that was paused before its bind tells nothing until it is resumed", { skip: noPause }, async () => {
  for (const bindLater of [false, true]) {
    const socket = createSocket("udp4");
    opened.push(socket);
    assertEquals(socket.isPaused(), false);
    assertEquals(socket.pause(), socket);
    if (bindLater) {
      socket.bind(0, "127.0.0.1");
      await within(once(socket, "listening"), "'listening'");
    } else {
      socket.bindSync({ address: "127.0.0.1" });
    }
    let heard = 0;
    socket.on("message", () => heard++);
    const { port } = socket.address();
    for (let i = 0; i < 3; i++) await new Promise((done) => socket.send("x", port, "127.0.0.1", done));
    for (let i = 0; i < 5; i++) await turn();
    assertEquals(heard, 0);
    const message = once(socket, "message");
    assertEquals(socket.resume(), socket);
    assertEquals(heard, 0);
    await within(message, "a message");
    await close(socket);
  }
});

test("a pause that is taken back at once changes nothing", { skip: noPause }, async () => {
  const { receiver, sender, send, until } = pair();
  receiver.pause().pause().resume().resume();
  await send(5);
  await until(5);
  for (let i = 0; i < 100; i++) receiver.pause().resume();
  await send(5);
  await until(10);
  await close(receiver, sender);
});

test(
  "listeners of held messages run in the socket's own order with ticks and microtasks",
  { skip: noPause },
  async () => {
    const { receiver, sender, send, until } = pair();
    receiver.pause();
    await send(5);
    for (let i = 0; i < 3; i++) await turn();
    const trace: string[] = [];
    receiver.on("message", (data) => {
      const number = data[3];
      trace.push(`message ${number}`);
      process.nextTick(() => trace.push(`tick ${number}`));
      queueMicrotask(() => trace.push(`microtask ${number}`));
    });
    receiver.resume();
    await until(5);
    await turn();
    const parts = ["message", "tick", "microtask"];
    assertEquals(trace, Array.from({ length: 15 }, (_, i) => `${parts[i % 3]} ${Math.floor(i / 3)}`));
    await close(receiver, sender);
  },
);

test("a paused socket keeps the process alive as an open one does", { skip: noPause }, async () => {
  const ends = async (life: string): Promise<unknown> => {
    const { code, stdout, timedOut } = await spawnSelf("core/lifetime", [life], { timeout: 20_000 });
    return { code, timedOut, said: stdout.trim().split("\n") };
  };
  const IDLE = "nothing left to do";
  assertEquals(await ends("pause, then unref"), { code: 0, timedOut: false, said: ["paused", IDLE] });
  assertEquals(await ends("unref, then pause"), { code: 0, timedOut: false, said: ["paused", IDLE] });
  assertEquals(await ends("a paused socket that is closed"), { code: 0, timedOut: false, said: ["closed", IDLE] });
  assertEquals(await ends("a paused socket"), { code: 0, timedOut: false, said: ["alive", "closed", IDLE] });
});

test(
  "sockets that are paused and resumed often leave no descriptors behind",
  { skip: noPause || notLinux },
  async () => {
    const { receiver, sender, send, until } = pair();
    let sent = 0;
    const cycle = async (turns: number): Promise<void> => {
      receiver.pause();
      for (let i = 0; i < turns; i++) await turn();
      await send(1);
      receiver.resume();
      await until(++sent);
    };
    for (let i = 0; i < 4; i++) await cycle(i);
    const before = descriptorCount();
    for (let i = 0; i < 40; i++) await cycle(i % 4);
    const more = descriptorCount() - before;
    // The runtime opens and closes some of its own.
    assert(more < 20, `${more} more descriptors after 40 pauses`);
    await close(receiver, sender);
  },
);

test("pause() and resume() of a closed socket throw", { skip: noPause }, async () => {
  const socket = createSocket("udp4");
  socket.bindSync();
  socket.pause();
  await close(socket);
  for (const method of ["pause", "resume"] as const) {
    const error = assertThrows(() => socket[method](), Error) as Error & { code?: string };
    assertEquals(error.code, "ERR_SOCKET_DGRAM_NOT_RUNNING");
  }
  assertEquals(socket.isPaused(), true);
});

test("where the runtime can't, pause() throws a coded error and changes nothing", { skip: there }, async () => {
  const { receiver, sender, send, until } = pair();
  const error = assertThrows(() => receiver.pause(), TypeError) as TypeError & { code?: string };
  assertEquals([error.code, receiver.isPaused()], ["ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", false]);
  await send(3);
  await until(3);
  await close(receiver, sender);
});
