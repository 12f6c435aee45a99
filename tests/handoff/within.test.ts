/** Sockets that change hands within one thread, by the two ends of a channel: what each end then has, and counts. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createSocket, type Socket, type SocketType } from "@x/dgram";
import { handoffCapabilities, receiveSockets, sendSocket } from "@x/dgram/handoff";
import { type Observation, observe } from "@x/dgram/observe";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { BlockList } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { MessageChannel, Worker } from "node:worker_threads";
import { close } from "../support/close.ts";
import { freePort } from "../support/free_port.ts";
import { KEY } from "../support/handoff_key.ts";
import { notLinux } from "../support/proc.ts";
import { within } from "../support/within.ts";

const HOST = "127.0.0.1";
const { features, notes } = handoffCapabilities;
const skip = features.handoffToThread === "unavailable" ? notes.handoffToThread! : notLinux;

/** A bound socket that is heard by nobody yet. */
function bound(make: (type: SocketType) => Socket = createSocket): Socket {
  const socket = make("udp4");
  socket.bindSync({ address: HOST });
  return socket;
}

test("a socket whose peer the receiver blocks is refused, and stays what and where it was", { skip }, async () => {
  const { port1, port2 } = new MessageChannel();
  const [socket, peer] = [bound(), bound()];
  socket.connectSync(peer.address().port, HOST);
  const sendBlockList = new BlockList();
  sendBlockList.addAddress(HOST);
  const taken: Socket[] = [];
  const stop = receiveSockets(port2, (one) => void taken.push(one), {
    createSocket: (type) => createSocket({ type, sendBlockList }),
  });
  const error = await assertRejects(() => within(sendSocket(socket, port1), "the end of the handoff"));
  assertMatch((error as Error).message, /^The socket was not handed off: the other side refused it: .*blocked/);
  assertEquals([taken, socket.isPaused()], [[], false]);
  const heard = once(socket, "message");
  peer.send("still here", socket.address().port, HOST);
  assertEquals(String((await within(heard, "a message"))[0]), "still here");
  stop();
  port1.close();
  await close(socket, peer);
});

test("each datagram of a socket that changes hands is counted once, by who tells it", { skip }, async () => {
  const COUNT = 40;
  const { port1, port2 } = new MessageChannel();
  const giver = createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
  const given = observe(giver);
  const { port } = giver.pause().bindSync({ address: HOST });
  const observations: Observation[] = [];
  let heard = 0;
  const all = new Promise<void>((done) => {
    const stop = receiveSockets(port2, (socket) => {
      socket.on("message", () => {
        if (++heard < COUNT - 1) return;
        stop();
        socket.close();
        socket.once("close", () => done());
      });
    }, {
      createSocket(type) {
        const socket = createSocket(type);
        const observation = observe(socket);
        socket.once("listening", () => socket.address().port === port && observations.push(observation));
        return socket;
      },
    });
  });
  let left: Promise<void> | undefined;
  giver.once("message", () => left = sendSocket(giver.pause(), port1));
  const sender = bound();
  for (let i = 0; i < COUNT; i++) await new Promise((done) => sender.send(String(i), port, HOST, done));
  giver.resume();
  await within(all, `${COUNT - 1} messages`);
  await within(left!, "the end of the handoff");
  const counts = [given, ...observations].map((each) => each.read());
  const sum = (of: (stats: typeof counts[number]) => number): number => counts.reduce((all, each) => all + of(each), 0);
  assertEquals(
    {
      sides: counts.length,
      given: counts[0].received.delivered,
      datagrams: sum(({ received }) => received.datagrams),
      delivered: sum(({ received }) => received.delivered),
      closed: sum(({ received }) => received.dropped.closed),
      held: sum(({ waiting }) => waiting.held),
    },
    { sides: 2, given: 1, datagrams: COUNT, delivered: COUNT, closed: 0, held: 0 },
  );
  port1.close();
  await close(sender);
});

test(
  "what the giver had read is told also where the maker of the new socket resumes that at once",
  { skip },
  async () => {
    const COUNT = 40;
    const { port1, port2 } = new MessageChannel();
    const giver = createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
    const { port } = giver.pause().bindSync({ address: HOST });
    const heard = new Set<string>();
    const all = new Promise<void>((done) => {
      const stop = receiveSockets(port2, () => {}, {
        createSocket(type) {
          const socket = createSocket(type);
          socket.once("listening", () => socket.address().port === port && socket.resume());
          socket.on("message", (message) => {
            if (heard.add(String(message)).size < COUNT) return;
            stop();
            socket.close();
            socket.once("close", () => done());
          });
          return socket;
        },
      });
    });
    let left: Promise<void> | undefined;
    giver.once("message", (message) => {
      heard.add(String(message));
      left = sendSocket(giver.pause(), port1);
    });
    const sender = bound();
    for (let i = 0; i < COUNT; i++) await new Promise((done) => sender.send(String(i), port, HOST, done));
    giver.resume();
    await within(all, `${COUNT} messages`);
    await within(left!, "the end of the handoff");
    port1.close();
    await close(sender);
  },
);

/** A port of its own, which a socket that is connected no more keeps. */
function boundTo(port: number): Socket {
  const socket = createSocket("udp4");
  socket.bindSync({ address: HOST, port });
  return socket;
}

test("a socket arrives with the peer that it has when the other side answers, not with that of before", {
  skip,
}, async () => {
  const [a, b] = [bound(), bound()];
  const [first, second] = [a.address().port, b.address().port];
  const port = await freePort();
  for (
    const [before, after] of [[undefined, first], [first, undefined], [first, second], [first, first]] as const
  ) {
    const { port1, port2 } = new MessageChannel();
    const socket = boundTo(port);
    if (before !== undefined) socket.connectSync(before, HOST);
    const left = sendSocket(socket, port1);
    if (before !== undefined) socket.disconnect();
    if (after !== undefined) socket.connectSync(after, HOST);
    const arrival = new Promise<Socket>((done) => receiveSockets(port2, done));
    const arrived = await within(arrival, "the socket");
    await within(left, "the end of the handoff");
    let peer: number | undefined;
    try {
      peer = arrived.remoteAddress().port;
    } catch {
      // It is not connected.
    }
    assertEquals(peer, after);
    const heard = once(arrived, "message");
    const sender = after === second ? b : a;
    sender.send("hello", port, HOST);
    const [message] = await within(heard, "a message");
    assertEquals(String(message), "hello");
    port1.close();
    await close(arrived);
  }
  await close(a, b);
});

test("a socket that is being connected when the other side answers stays, and is connected", { skip }, async () => {
  const { port1, port2 } = new MessageChannel();
  const peer = bound();
  let answer = (): void => {};
  const socket = createSocket({
    type: "udp4",
    lookup: (_name, _options, done) => void (answer = () => done(null, HOST, 4)),
  });
  socket.bindSync({ address: HOST });
  const left = sendSocket(socket, port1);
  const connected = once(socket, "connect");
  socket.connect(peer.address().port, "a.test");
  const stop = receiveSockets(port2, () => {});
  const error = await assertRejects(() => within(left, "the end of the handoff")) as Error & { code?: string };
  assertEquals([error.code, socket.isPaused()], ["ERR_SOCKET_DGRAM_IS_CONNECTED", false]);
  answer();
  await within(connected, "'connect'");
  assertEquals(socket.remoteAddress().port, peer.address().port);
  stop();
  port1.close();
  await close(socket, peer);
});

test(
  "a socket that is closed on its way by its receiver's signal is told to nobody, and the next is",
  { skip },
  async () => {
    const { port1, port2 } = new MessageChannel();
    const shutdown = new AbortController();
    port1.on("message", (value: { [KEY]?: { step: string } }) => value[KEY]?.step === "taken" && shutdown.abort());
    let options = { signal: shutdown.signal } as { signal?: AbortSignal };
    let stop!: () => void;
    const told = new Promise((done) => {
      stop = receiveSockets(port2, (socket, message) => {
        socket.close();
        done(message);
      }, { createSocket: (type) => createSocket({ type, ...options }) });
    });
    await within(sendSocket(bound(), port1, { message: "first" }), "the end of the handoff");
    options = {};
    await within(sendSocket(bound(), port1, { message: "second" }), "the end of the next");
    assertEquals(await within(told, "the next socket"), "second");
    stop();
    port1.close();
  },
);

test("a socket for a thread that has ended already stays", {
  // Deno tells nobody that it has ended (2.9.6).
  skip: skip || ("Deno" in globalThis && "a Worker keeps its threadId"),
}, async () => {
  const worker = new Worker("0", { eval: true });
  await within(once(worker, "exit"), "the thread's end");
  // Node forgets its id after that event.
  await new Promise(setImmediate);
  const socket = bound();
  const error = await assertRejects(() => within(sendSocket(socket, worker), "the end of the handoff"));
  assertMatch((error as Error).message, /the other side has ended/);
  await close(socket);
});

test("a socket for a child that has ended already stays, whoever holds the child's channel", {
  skip: features.handoffToProcess === "unavailable" ? notes.handoffToProcess! : notLinux,
}, async () => {
  const code =
    `require("node:child_process").spawn("sleep", ["200"], { stdio: ["ignore", "ignore", "ignore", 3], detached: true })
    .on("spawn", function () { process.send(this.pid, () => process.exit(0)) });`;
  const child = spawn(process.execPath, process.versions.deno ? ["eval", code] : ["-e", code], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const told = once(child, "message");
  const ended = once(child, "exit");
  const [sleeper] = await within(told, "the sleeper's id");
  const socket = bound();
  try {
    await within(ended, "the child's end");
    const error = await assertRejects(() => within(sendSocket(socket, child), "the end of the handoff"));
    assertMatch((error as Error).message, /the other side has ended/);
  } finally {
    process.kill(sleeper);
    await close(socket);
    if (child.connected) child.disconnect();
  }
});
