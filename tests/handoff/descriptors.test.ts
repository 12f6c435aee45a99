/** What becomes of the kernel's socket on its way: who reads it, and whose it is when the other side ends. */
import { assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { capabilities, createSocket, type Socket } from "@x/dgram/ffi";
import { handoffCapabilities, receiveSockets, sendSocket } from "@x/dgram/handoff";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { setImmediate as turn } from "node:timers/promises";
import { MessageChannel } from "node:worker_threads";
import { identityOf, kernelOf, type Libc, unwatch } from "../../src/handoff/kernel.ts";
import { Letterbox } from "../../src/handoff/letterbox.ts";
import { KEY, type Step } from "../../src/handoff/steps.ts";
import { duplicate } from "../../src/runtimes/libc/numbers.ts";
import { libc, libcSkip, open } from "../support/libc.ts";
import { inodeAt, waitingAt, watchesOf } from "../support/proc.ts";
import { within } from "../support/within.ts";

const { features, notes } = handoffCapabilities;
const skip = libcSkip || (features.handoffToProcess === "unavailable" && notes.handoffToProcess!);

const HOST = "127.0.0.1";
/** More turns than a runtime takes to see that something has come. */
const TURNS = 100;

test("a socket that is paused before it gets a descriptor reads nothing from it", { skip }, async () => {
  const socket = createSocket("udp4").pause();
  const heard: string[] = [];
  socket.on("message", (message) => void heard.push(String(message)));
  const listening = once(socket, "listening");
  socket.bind({ fd: open(4) });
  await listening;
  const { port } = socket.address();
  const sender = createSocket("udp4");
  const waiting: number[] = [];
  for (const text of ["a", "b", "c"]) {
    await new Promise((done) => sender.send(text, port, HOST, done));
    for (let i = 0; i < TURNS; i++) await turn();
    waiting.push(waitingAt({ address: HOST, port }));
  }
  const [one] = waiting;
  assertEquals(waiting, [one, 2 * one, 3 * one]);
  const all = new Promise((done) => socket.on("message", () => heard.length === 3 && done(heard)));
  socket.resume();
  assertEquals(await all, ["a", "b", "c"]);
  sender.close();
  socket.close();
});

test("a socket whose taker has ended before it had all is gone, and the promise says so", { skip }, async () => {
  const socket = createSocket("udp4");
  socket.bindSync({ address: HOST });
  const { libc } = kernelOf(socket as never)!;
  const closed = once(socket, "close");
  const letterbox = new Letterbox(libc);
  // A process, as far as can be told.
  const tell = (step: object): void => void peer.emit("message", { [KEY]: step });
  const peer = Object.assign(new EventEmitter(), {
    connected: true,
    send(value: { [KEY]: Step }) {
      const { step, id } = value[KEY];
      const { runtime } = capabilities;
      if (step === "offer") setImmediate(tell, { step: "ready", id, runtime, at: letterbox.name, cuts: true });
      if (step === "coming") setImmediate(tell, { step: "taken", id });
      if (step === "coming" && runtime !== "node") libc.close(letterbox.take(id));
      if (step === "given") peer.emit("disconnect");
    },
  });
  const error = await assertRejects(() => sendSocket(socket, peer)) as Error & { code?: string };
  assertEquals([error.code, error.message, (error.cause as Error).message], [
    "ERR_SOCKET_DGRAM_HANDOFF",
    "The socket was handed off, but it or what waited here may be lost",
    "The socket was not handed off: the other side has ended",
  ]);
  letterbox.close();
  await closed;
});

test("a number that a thread may have adopted is closed when that has had time to end", { skip }, async () => {
  const socket = createSocket("udp4");
  socket.bindSync({ address: HOST });
  const { fd, libc } = kernelOf(socket as never)!;
  const { port1, port2 } = new MessageChannel();
  let number = 0;
  port2.on("message", (value: { [KEY]: Step }) => {
    const { [KEY]: step } = value;
    if (step.step === "offer") port2.postMessage({ [KEY]: { step: "ready", id: step.id, cuts: true } });
    if (step.step !== "coming") return;
    number = step.fd!;
    port2.close();
  });
  await assertRejects(() => sendSocket(socket, port1));
  const identity = (): unknown => identityOf(libc, number);
  const kept = identity();
  assertEquals([kept === 0, kept === identityOf(libc, fd)], [false, false]);
  const started = performance.now();
  while (identity() === kept && performance.now() - started < 10_000) await new Promise((done) => setTimeout(done, 50));
  assertEquals(identity() === kept, false);
  socket.close();
});

test("a socket that is handed off anew when its number was adopted and closed again lives on", { skip }, async () => {
  const socket = createSocket("udp4");
  socket.bindSync({ address: HOST });
  const { port } = socket.address();
  const channel = new MessageChannel();
  const stop = receiveSockets(channel.port2, () => {}, {
    createSocket: (type) => createSocket({ type, recvBufferSize: 2 ** 31 }),
  });
  const error = await assertRejects(() => sendSocket(socket, channel.port1));
  assertMatch((error as Error).message, /the other side refused it: .*buffer size/);
  stop();
  channel.port1.close();
  const { port1, port2 } = new MessageChannel();
  const arrival = new Promise<Socket>((done) => {
    const stop = receiveSockets(port2, (arrived) => {
      stop();
      done(arrived);
    }, { createSocket });
  });
  await sendSocket(socket, port1);
  port1.close();
  const arrived = await arrival;
  // Longer than the number of the first attempt is kept.
  await new Promise((done) => setTimeout(done, 1500));
  const heard = once(arrived, "message");
  arrived.send("to itself", port, HOST);
  assertEquals(String((await within(heard, "a message"))[0]), "to itself");
  arrived.close();
});

test("a giver is waited for no longer where only a failed write tells that it has ended", {
  // Deno 2.9.6 tells no 'disconnect' then.
  skip: skip || (capabilities.runtime === "node" && "the runtime's own messages have the descriptor"),
}, async () => {
  const socket = createSocket("udp4");
  socket.bindSync({ address: HOST });
  const { port } = socket.address();
  type Done = (error: Error | null) => void;
  const to = (other: () => EventEmitter) => (value: { [KEY]: Step }, _handle: unknown, done: Done) => {
    if (value[KEY].step === "taken") done(new Error("Broken pipe"));
    else setImmediate(() => void other().emit("message", value));
  };
  const giver: EventEmitter = Object.assign(new EventEmitter(), { connected: true, send: to(() => receiver) });
  const receiver: EventEmitter = Object.assign(new EventEmitter(), { connected: true, send: to(() => giver) });
  const arrival = new Promise<Socket>((done) => receiveSockets(receiver as never, done, { createSocket }));
  const left = assertRejects(() => sendSocket(socket, giver as never));
  const arrived = await within(arrival, "the socket");
  assertEquals(arrived.address().port, port);
  giver.emit("disconnect");
  await left;
  for (const each of [socket, arrived]) each.close();
});

// A runtime that is told of what it has forgotten looks into memory that is another's by then.
for (const option of ["no option", "receiveInfo", "receiveOffload"] as const) {
  test(`no runtime waits for a closed socket with ${option} that somebody else has too`, { skip }, async () => {
    const socket = createSocket({ type: "udp4", [option]: true });
    const listening = once(socket, "listening");
    const fd = open(4);
    const other = duplicate(libc(), fd);
    socket.bind({ fd, exclusive: true });
    await listening;
    const inode = inodeAt(socket.address().port, HOST);
    // Node begins to wait at the end of a turn.
    for (let i = 0; i < TURNS && watchesOf(inode) === 0; i++) await turn();
    assertNotEquals(watchesOf(inode), 0);
    const closed = once(socket, "close");
    socket.close();
    await closed;
    assertEquals(watchesOf(inode), 0);
    libc().close(other);
  });
}

test("a sandbox that refuses to ask any epoll is not asked without end", { skip }, () => {
  const EPERM = 1;
  let asked = 0;
  const { layout, request } = libc();
  const refusing = {
    layout,
    request,
    calls: {
      epoll_ctl() {
        if (++asked > 10_000) throw new Error("asked without end");
        return -1;
      },
    },
    failure: () => -EPERM,
  };
  unwatch(refusing as unknown as Libc, 9);
  assertEquals(asked, 256);
});
