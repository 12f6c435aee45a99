/** What is counted of a socket, by reason: over a backend of which the test says what arrives and what fails. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  capabilities,
  createSocket,
  type MessageBuffer,
  type RemoteInfo,
  type Socket,
  type SocketOptions,
} from "@x/dgram";
import { guard } from "@x/dgram/guard";
import { type Observation, observe, observeAll, type ReceivedStats, type SentStats } from "@x/dgram/observe";
import { bind } from "@x/dgram/promises";
import { UDPSocket } from "@x/dgram/web";
import { Buffer } from "node:buffer";
import dgram from "node:dgram";
import { once } from "node:events";
import { BlockList } from "node:net";
import os from "node:os";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { within } from "../support/within.ts";

const HERE = "127.0.0.1";
const NOTHING_RECEIVED: ReceivedStats["dropped"] = { blocked: 0, guard: 0, inbox: 0, notPeer: 0, closed: 0 };
const NOTHING_SENT: SentStats["dropped"] = { blocked: 0, guard: 0, queue: 0, unbound: 0, closed: 0 };

const noPause = capabilities.features.pause === "unavailable" &&
  (capabilities.notes.pause ?? "sockets can't be paused here");

const errno = (name: "ECONNREFUSED" | "EPERM"): number => -os.constants.errno[name];

interface Scripted {
  readonly backend: ScriptedBackend;
  readonly socket: Socket;
  readonly observation: Observation;
}

function scripted(more: Partial<SocketOptions> = {}): Scripted {
  const backend = new ScriptedBackend();
  const socket = createSocket({ type: "udp4", backend, ...more });
  return { backend, socket, observation: observe(socket) };
}

function bound(more: Partial<SocketOptions> = {}): Scripted {
  const made = scripted(more);
  made.socket.bindSync({ address: HERE });
  return made;
}

/** How a send ended. */
function ended(socket: Socket, message: string | Uint8Array, port = 9, address = HERE): Promise<string> {
  return new Promise((done) => {
    socket.send(message, port, address, (error) => done((error as { code?: string } | null)?.code ?? "sent"));
  });
}

function blocking(address: string): BlockList {
  const list = new BlockList();
  list.addAddress(address);
  return list;
}

test("what comes and what leaves is counted with its bytes, also what is empty and what has no callback", async () => {
  const { backend, socket, observation } = bound();
  let heard = 0;
  socket.on("message", () => heard++);
  for (const text of ["", "12345", "ü"]) backend.arrive(text);
  socket.send("", 9, HERE);
  socket.send(["ab", "cd"], 9, HERE);
  assertEquals(await ended(socket, "123"), "sent");
  const { received, sent, missing } = observation.read();
  assertEquals([received.datagrams, received.bytes, received.delivered, heard], [3, 7, 3, 3]);
  assertEquals([sent.datagrams, sent.bytes], [3, 7]);
  assertEquals([received.dropped, sent.dropped, sent.failed], [NOTHING_RECEIVED, NOTHING_SENT, {}]);
  assertEquals([received.calls, sent.calls], [undefined, undefined]);
  assert("received.calls" in missing && "sent.calls" in missing && "kernel.dropped" in missing);
  socket.close();
});

test("what was read stays as it was, and is there after close()", async () => {
  const { backend, socket, observation } = bound();
  backend.arrive("one");
  const before = observation.read();
  backend.arrive("two");
  socket.close();
  await once(socket, "close");
  assertEquals([before.received.datagrams, observation.read().received.datagrams], [1, 2]);
});

test("what a block list keeps out is counted, each way", async () => {
  const { backend, socket, observation } = bound({
    receiveBlockList: blocking("192.0.2.1"),
    sendBlockList: blocking("192.0.2.2"),
  });
  backend.arrive("no", 1000, "192.0.2.1");
  backend.arrive("yes", 1000, "192.0.2.3");
  assertEquals(await ended(socket, "no", 9, "192.0.2.2"), "ERR_IP_BLOCKED");
  socket.send("no", 9, "192.0.2.2");
  await ended(socket, "yes");
  const { received, sent } = observation.read();
  assertEquals([received.datagrams, received.delivered, received.dropped], [2, 1, { ...NOTHING_RECEIVED, blocked: 1 }]);
  assertEquals([sent.datagrams, sent.dropped, sent.failed], [1, { ...NOTHING_SENT, blocked: 2 }, {}]);
  socket.close();
});

test("what others than the peer send to a connected socket is counted", () => {
  const { backend, socket, observation } = bound();
  socket.connectSync(1000, HERE);
  backend.arrive("of the peer");
  backend.arrive("of another", 1001);
  const { received } = observation.read();
  assertEquals([received.delivered, received.dropped], [1, { ...NOTHING_RECEIVED, notPeer: 1 }]);
  socket.close();
});

for (const order of ["before", "after"]) {
  test(`what a guard keeps back is counted, if it was made ${order} the socket was observed`, async () => {
    const backend = new ScriptedBackend();
    const socket = createSocket({ type: "udp4", backend });
    const make = [() => void guard(socket), () => void observe(socket)];
    for (const each of order === "before" ? make : make.reverse()) each();
    const observation = observe(socket);
    let heard = 0;
    socket.on("message", () => heard++);
    socket.bindSync({ address: HERE });
    backend.arrive("of a service that answers", 7, "192.0.2.1");
    backend.arrive("a question", 5000, "192.0.2.1");
    const long = Buffer.alloc(1000);
    assertEquals(await ended(socket, long, 5000, "192.0.2.1"), "ERR_SOCKET_DGRAM_AMPLIFICATION");
    socket.send(long, 5000, "192.0.2.1");
    assertEquals(await ended(socket, "an answer", 5000, "192.0.2.1"), "sent");
    const { received, sent } = observation.read();
    assertEquals([received.datagrams, received.delivered, heard], [2, 1, 1]);
    assertEquals(received.dropped, { ...NOTHING_RECEIVED, guard: 1 });
    assertEquals([sent.datagrams, sent.dropped, sent.failed], [1, { ...NOTHING_SENT, guard: 2 }, {}]);
    socket.close();
  });
}

test("what the bound of the send queue refuses is counted, and what waits", async () => {
  const { backend, socket, observation } = bound({ maxSendQueueCount: 2 });
  await ended(socket, "sent");
  backend.answer = 0;
  const ends = [ended(socket, "1"), ended(socket, "22")];
  // Those of this turn have come to the kernel, which has no room.
  await new Promise((done) => setImmediate(done));
  const refused = await ended(socket, "333");
  assertEquals(refused, "ERR_SOCKET_DGRAM_QUEUE_FULL");
  const { sent, waiting } = observation.read();
  assertEquals([sent.datagrams, sent.dropped.queue, waiting], [1, 1, { held: 0, count: 2, size: 3 }]);
  backend.answer = 1;
  backend.drain();
  assertEquals(await Promise.all(ends), ["sent", "sent"]);
  assertEquals([observation.read().sent.datagrams, observation.read().waiting.count], [3, 0]);
  socket.close();
});

test("what a close() leaves behind is counted as closed, each way", async () => {
  const controller = new AbortController();
  const { backend, socket, observation } = bound({ signal: controller.signal });
  backend.answer = 0;
  const end = ended(socket, "never");
  await new Promise((done) => setImmediate(done));
  controller.abort();
  // It is still open below, for what was to be sent.
  backend.arrive("too late");
  assertEquals(await end, "ECANCELED");
  const { received, sent } = observation.read();
  assertEquals([received.datagrams, received.dropped.closed, received.delivered], [1, 1, 0]);
  assertEquals([sent.datagrams, sent.dropped, sent.failed], [0, { ...NOTHING_SENT, closed: 1 }, {}]);
});

test("what waits for a bind that fails is counted as unbound, and for one that close() gives up as closed", async () => {
  const lookups: ((error: Error | null, address: string) => void)[] = [];
  const lookup = (_name: string, _options: unknown, done: (error: Error | null, address: string) => void): void =>
    void lookups.push(done);
  const one = scripted({ lookup: lookup as unknown as SocketOptions["lookup"] });
  one.socket.on("error", () => {});
  one.socket.bind(0, "a.name");
  one.socket.send("never", 9, HERE);
  lookups.shift()!(new Error("no such name"), "");
  assertEquals(one.observation.read().sent.dropped, { ...NOTHING_SENT, unbound: 1 });
  one.socket.close();

  const controller = new AbortController();
  const two = scripted({ lookup: lookup as unknown as SocketOptions["lookup"], signal: controller.signal });
  two.socket.bind(0, "a.name");
  const end = ended(two.socket, "never");
  controller.abort();
  assertEquals(await end, "ECANCELED");
  assertEquals(two.observation.read().sent.dropped, { ...NOTHING_SENT, closed: 1 });
});

test("what fails with an error that has neither a code nor a name is counted as unknown", async () => {
  const lookup = (_name: string, _options: unknown, done: (error: unknown) => void): void => done("no such name");
  const { socket, observation } = scripted({ lookup: lookup as unknown as SocketOptions["lookup"] });
  socket.bindSync({ address: HERE });
  await new Promise((done) => socket.send("never", 9, "a.name", done));
  assertEquals(observation.read().sent.failed, { unknown: 1 });
  socket.close();
});

test("of a row that does not leave each datagram is counted", async () => {
  const rows = { sendOffload: "native" } as const;
  const row = { data: new Uint8Array(950), segmentSize: 100, port: 9, address: HERE };
  const made = (more: Partial<SocketOptions>): Scripted => {
    const backend = new ScriptedBackend(rows);
    const socket = createSocket({ type: "udp4", ...more, backend });
    socket.on("error", () => {});
    return { backend, socket, observation: observe(socket) };
  };
  const refused = async ({ socket, observation }: Scripted): Promise<SentStats["dropped"]> => {
    await assertRejects(() => socket.sendMany([row]));
    socket.close();
    return observation.read().sent.dropped;
  };
  const bounded = made({ maxSendQueueSize: 100 });
  bounded.socket.bindSync({ address: HERE });
  bounded.backend.answer = 0;
  assertEquals(await refused(bounded), { ...NOTHING_SENT, queue: 10 });

  const watched = made({});
  const watch = guard(watched.socket);
  watched.socket.bindSync({ address: HERE });
  watch.validate({ address: HERE, port: 10 });
  await watched.socket.sendMany([{ ...row, port: 10 }]);
  assertEquals(await refused(watched), { ...NOTHING_SENT, guard: 10 });
  assertEquals([watch.counts.passed, watch.counts.unasked], [10, 10]);

  const failing = (_name: string, _options: unknown, done: (error: Error) => void): void => {
    setImmediate(() => done(new Error("no")));
  };
  const unbound = made({ lookup: failing as never });
  unbound.socket.bind(0, "a.name");
  assertEquals(await refused(unbound), { ...NOTHING_SENT, unbound: 10 });

  const atOnce = (_name: string, _options: unknown, done: (error: Error) => void): void => done(new Error("no"));
  assertEquals(await refused(made({ lookup: atOnce as never })), { ...NOTHING_SENT, unbound: 10 });

  const failed = made({});
  failed.socket.connectSync(9, HERE);
  failed.backend.answer = errno("ECONNREFUSED");
  await assertRejects(() => failed.socket.sendMany([{ data: row.data, segmentSize: 100 }]));
  failed.socket.close();
  const { sent, icmpErrors } = failed.observation.read();
  assertEquals([sent.failed, icmpErrors], [{ ECONNREFUSED: 10 }, 1]);
});

test("a message that a program emits by itself while others are held counts for none", () => {
  const backend = new ScriptedBackend({ pause: "native" });
  const socket = createSocket({ type: "udp4", backend });
  const observation = observe(socket);
  socket.bindSync({ address: HERE });
  socket.pause();
  for (const text of ["1", "2"]) backend.arrive(text);
  const from: RemoteInfo = { address: HERE, family: "IPv4", port: 1, size: 3 };
  socket.emit("message", Buffer.from("own") as MessageBuffer, from);
  const { received, waiting } = observation.read();
  assertEquals([received.datagrams, received.delivered, waiting.held], [2, 0, 2]);
  socket.close();
});

test("sends that fail are counted by their code, with a callback and without, and ICMP errors beside", async () => {
  const { backend, socket, observation } = bound();
  socket.on("error", () => {});
  backend.answer = errno("ECONNREFUSED");
  await ended(socket, "one");
  backend.answer = errno("EPERM");
  socket.send("two", 9, HERE);
  await ended(socket, "three");
  backend.answer = 1;
  await ended(socket, Buffer.alloc(65_536));
  backend.fail(errno("ECONNREFUSED"));
  const { received, sent, icmpErrors } = observation.read();
  assertEquals([sent.datagrams, sent.failed], [0, { ECONNREFUSED: 1, EPERM: 2, EMSGSIZE: 1 }]);
  assertEquals([received.errors, icmpErrors], [{ ECONNREFUSED: 1 }, 2]);
  socket.close();
});

test("what a look-up does not find is counted by its code", async () => {
  const failing = (_name: string, _options: unknown, done: (error: Error) => void): void =>
    done(Object.assign(new Error("no"), { code: "ENOTFOUND" }));
  const { socket, observation } = scripted({ lookup: failing as unknown as SocketOptions["lookup"] });
  socket.on("error", () => {});
  socket.bindSync({ address: HERE });
  const code = await ended(socket, "x", 9, "a.name");
  assertEquals([code, observation.read().sent.failed], ["ENOTFOUND", { ENOTFOUND: 1 }]);
  socket.close();
});

test("what comes while the socket is paused is held, and delivered one by one", { skip: noPause }, async () => {
  const { backend, socket, observation } = bound();
  const held: number[] = [];
  // The scripted handle can't pause: what it tells then is what a runtime had read before.
  Object.assign(handleOf(socket) as object, { pause: () => 0, resume: () => {} });
  socket.pause();
  for (const text of ["1", "2", "3"]) backend.arrive(text);
  assertEquals([observation.read().waiting.held, observation.read().received.delivered], [3, 0]);
  const done = new Promise<void>((done) => {
    socket.on("message", () => {
      held.push(observation.read().waiting.held);
      if (held.length === 3) done();
    });
  });
  socket.resume();
  await done;
  assertEquals([held, observation.read().received.delivered], [[2, 1, 0], 3]);
  socket.pause();
  backend.arrive("4");
  socket.close();
  await once(socket, "close");
  const { received, waiting } = observation.read();
  assertEquals([received.dropped, waiting.held, received.delivered], [{ ...NOTHING_RECEIVED, closed: 1 }, 0, 3]);
});

test(
  "what a socket holds of others when it is connected reaches nobody, and is counted",
  { skip: noPause },
  async () => {
    const { backend, socket, observation } = bound();
    Object.assign(handleOf(socket) as object, { pause: () => 0, resume: () => {} });
    const heard: string[] = [];
    socket.on("message", (data) => heard.push(`${data}`));
    socket.pause();
    backend.arrive("of a stranger", 10, "127.0.0.2");
    backend.arrive("of the peer", 9, HERE);
    socket.connectSync(9, HERE);
    assertEquals(observation.read().waiting.held, 2);
    socket.resume();
    while (observation.read().waiting.held > 0) await turn();
    // It is counted by what the socket was then.
    socket.disconnect();
    const { received } = observation.read();
    assertEquals([heard, received.dropped], [["of the peer"], { ...NOTHING_RECEIVED, notPeer: 1 }]);
    assertEquals([received.datagrams, received.delivered], [2, 1]);
    socket.close();
    await once(socket, "close");
  },
);

test("an observed socket that somebody else closes can be read in its 'close'", async () => {
  const { backend, socket, observation } = bound();
  const handle = handleOf(socket) as { address: () => unknown };
  backend.arrive("1");
  const read = new Promise<number>((done) => socket.on("close", () => done(observation.read().received.datagrams)));
  backend.closeBelow();
  handle.address = () => {
    throw new Error("it is closed");
  };
  assertEquals(await read, 1);
});

/** The handle of a socket, to give it what the scripted one lacks. */
function handleOf(socket: Socket): unknown {
  const state = Object.getOwnPropertySymbols(socket).map((symbol) => (socket as never)[symbol] as { handle?: unknown });
  return state.find((value) => value?.handle)?.handle;
}

test("what comes in batches is counted one by one, also what a block list keeps out", async () => {
  const blocked = new BlockList();
  const socket = createSocket({ type: "udp4", batchMessages: true, receiveBlockList: blocked });
  const observation = observe(socket);
  let heard = 0;
  socket.on("messages", (messages) => heard += messages.length);
  const { port } = socket.bindSync({ address: HERE });
  const from = createSocket("udp4");
  const arrived = async (count: number): Promise<void> => {
    await from.sendMany(Array.from({ length: 20 }, () => ({ data: "x", port, address: HERE })));
    while (observation.read().received.datagrams < count) await turn();
  };
  await within(arrived(20), "20 datagrams");
  blocked.addAddress(HERE);
  await within(arrived(40), "40 datagrams");
  const { received } = observation.read();
  assertEquals([received.bytes, received.delivered, received.dropped.blocked, heard], [40, 20, 20, 20]);
  for (const each of [socket, from]) each.close();
});

test("a receive block list is asked once about each of a batch, also while what comes is held", async () => {
  const asked: string[] = [];
  const receiveBlockList = new BlockList();
  receiveBlockList.check = (address) => {
    asked.push(address as string);
    return address === "192.0.2.1";
  };
  const backend = new ScriptedBackend({ pause: "native" });
  const socket = createSocket({ type: "udp4", backend, batchMessages: true, receiveBlockList });
  const observation = observe(socket);
  let heard = 0;
  socket.on("messages", (messages) => heard += messages.length);
  socket.bindSync({ address: HERE });
  const addresses = ["192.0.2.2", "192.0.2.1", "192.0.2.3"];
  backend.arriveTogether(["1", "2", "3"], addresses);
  assertEquals([asked.splice(0), heard], [addresses, 2]);
  socket.pause();
  backend.arriveTogether(["1", "2", "3"], addresses);
  assertEquals([asked, observation.read().waiting.held], [addresses, 2]);
  socket.resume();
  await turn();
  const { received, waiting } = observation.read();
  assertEquals([received.datagrams, received.delivered, received.dropped.blocked, heard, waiting.held], [
    6,
    4,
    2,
    4,
    0,
  ]);
  socket.close();
});

test("what waits in an inbox when its socket is aborted is counted as closed; what close() leaves there can be read", async () => {
  for (const how of ["an abort", "close()"] as const) {
    const all = observeAll();
    const backend = new ScriptedBackend({ pause: "native" });
    const controller = new AbortController();
    const socket = await bind({ backend, signal: controller.signal, inbox: { limit: 2, whenFull: "wait" } } as never);
    all.stop();
    const observation = observe(socket);
    for (const text of ["1", "22", "333"]) backend.arrive(text);
    if (how === "close()") await socket.close();
    else controller.abort();
    const { received, waiting } = observation.read();
    const closed = how === "close()" ? 1 : 3;
    assertEquals([received.datagrams, received.dropped, waiting.held], [3, { ...NOTHING_RECEIVED, closed }, 0]);
    assertEquals(received.delivered, 3 - closed);
    if (how === "close()") assertEquals([String((await socket.receive()).data), socket.waiting], ["1", 1]);
  }
});

test("what finds an inbox full is counted, whichever it drops", async () => {
  for (const whenFull of ["drop-newest", "drop-oldest"] as const) {
    const all = observeAll();
    const backend = new ScriptedBackend();
    const socket = await bind({ backend, inbox: { limit: 2, whenFull } } as never);
    all.stop();
    for (const text of ["1", "22", "333"]) backend.arrive(text);
    const { received } = observe(socket).read();
    assertEquals([received.datagrams, received.delivered, received.dropped.inbox], [3, 2, 1]);
    await socket.close();
  }
});

test("what finds the stream of a web socket full is counted", async () => {
  const all = observeAll();
  const socket = new UDPSocket({ localAddress: HERE, whenFull: "drop", inboxLimit: 1 } as never);
  const { localPort } = await socket.opened;
  all.stop();
  const sender = createSocket("udp4");
  const [observation] = all.open();
  for (let count = 1; count <= 3; count++) {
    sender.send("x", localPort!, HERE);
    while (observation.read().received.datagrams < count) await new Promise((done) => setTimeout(done, 1));
  }
  const { received } = observation.read();
  assertEquals([received.datagrams, received.delivered + received.dropped.inbox], [3, 3]);
  assertEquals(received.dropped.inbox, socket.dropped);
  assert(received.dropped.inbox > 0);
  sender.close();
  await socket.close();
});

test("what comes for a web socket whose readable stream is cancelled reaches nobody, and is counted", async () => {
  const all = observeAll();
  const socket = new UDPSocket({ localAddress: HERE } as never);
  const { localPort, readable } = await socket.opened;
  all.stop();
  const [observation] = all.open();
  await readable.cancel();
  const sender = createSocket("udp4");
  sender.send("x", localPort!, HERE);
  while (observation.read().received.datagrams === 0) await new Promise((done) => setTimeout(done, 1));
  const { received } = observation.read();
  assertEquals([received.delivered, received.dropped, socket.dropped], [0, { ...NOTHING_RECEIVED, inbox: 1 }, 0]);
  sender.close();
  await socket.close();
});

test("observing is for sockets of this module that are not bound yet, and has one observation for each", () => {
  const { socket, observation } = bound();
  assertEquals(observe(socket), observation);
  socket.close();
  assertEquals(observe(socket), observation);
  const late = createSocket({ type: "udp4", backend: new ScriptedBackend() });
  late.bindSync({ address: HERE });
  assertThrows(() => observe(late), Error, "Socket is already bound");
  late.close();
  assertThrows(() => observe(late), Error, "Not running");
  for (const none of [undefined, null, 1, {}, { raw: {} }, dgram]) {
    assertThrows(() => observe(none as never), TypeError, 'The "socket" argument must be a socket of this copy');
  }
});

test("an observed socket is what it was for its program: properties, listeners, arguments of events, exceptions", async () => {
  const { backend, socket, observation } = scripted();
  assertEquals(Object.keys(socket), Object.keys(createSocket({ type: "udp4", backend: new ScriptedBackend() })));
  const counts: number[] = [];
  for (const event of ["listening", "message", "close"] as const) {
    assertEquals(socket.listenerCount(event), 0);
    socket.on(event, (...values: unknown[]) => void counts.push(values.length));
  }
  socket.bindSync({ address: HERE });
  await once(socket, "listening");
  backend.arrive("x");
  assertEquals([socket.emit("nothing" as never), socket.listenerCount("error")], [false, 0]);
  assertThrows(() => backend.fail(errno("EPERM")), Error, "EPERM");
  socket.once("message", () => {
    throw new Error("of a listener");
  });
  assertThrows(() => backend.arrive("y"), Error, "of a listener");
  assertEquals(observation.read().received.datagrams, 2);
  socket.close();
  await once(socket, "close");
  assertEquals(counts, [0, 2, 2, 0]);
});

test("all sockets that are created are observed until it is stopped, and summed up when they are closed", async () => {
  const all = observeAll();
  const [one, other] = [new ScriptedBackend(), new ScriptedBackend()];
  const sockets = [one, other].map((backend) => createSocket({ type: "udp4", backend }));
  assertEquals(all.open().length, 0);
  for (const socket of sockets) socket.bindSync({ address: HERE });
  await Promise.all(sockets.map((socket) => once(socket, "listening")));
  // Those of node:dgram are told of on the same channel.
  dgram.createSocket("udp4").close();
  all.stop();
  const unseen = createSocket({ type: "udp4", backend: new ScriptedBackend() });
  unseen.bindSync();
  unseen.close();
  assertEquals(all.open().map(({ socket }) => socket), sockets);
  one.arrive("1");
  other.arrive("22");
  sockets[0].close();
  await once(sockets[0], "close");
  other.arrive("333");
  await ended(sockets[1], "4444");
  const { received, sent, kernel } = all.read();
  assertEquals([received.datagrams, received.bytes, sent.bytes, kernel.dropped], [3, 6, 4, undefined]);
  assertEquals(all.open().length, 1);
  sockets[1].close();
  await once(sockets[1], "close");
  assertEquals([all.open(), all.read().received.datagrams], [[], 3]);
});

test("a socket that is aborted while a send waits for its look-up can be read meanwhile, and is closed", async () => {
  const controller = new AbortController();
  const never = (): void => {};
  const socket = createSocket({ type: "udp4", signal: controller.signal, lookup: never as never });
  const observation = observe(socket);
  socket.on("error", () => {});
  const closed = once(socket, "close");
  socket.connectSync(9, HERE);
  socket.disconnect();
  const end = ended(socket, "never", 9, "a.name");
  controller.abort();
  assertEquals(observation.read().sent.datagrams, 0);
  assertEquals(await end, "ECANCELED");
  await within(closed, "'close'");
  assertEquals(observation.read().sent.dropped, { ...NOTHING_SENT, closed: 1 });
});

test("of a handle that tells ends later, batches are what the kernel took in the end", async () => {
  const { backend, socket, observation } = scripted();
  backend.deferred = "full";
  socket.bindSync({ address: HERE });
  const ends = [ended(socket, "1"), ended(socket, "2")];
  await turn();
  backend.end(errno("EPERM"));
  assertEquals(observation.read().sent.batches, []);
  backend.end(0);
  assertEquals(await Promise.all(ends), ["EPERM", "sent"]);
  assertEquals(observation.read().sent.batches, [{ upTo: 1, count: 1 }]);
  socket.close();
});

test("what waits behind a listener of 'listening' that throws is counted when it is given up", async () => {
  const answers: (() => void)[] = [];
  const lookup = (name: string, _family: unknown, done: (error: null, address: string, family: number) => void): void =>
    void answers.push(() => done(null, name, 4));
  const { socket, observation } = scripted({ lookup: lookup as never });
  socket.on("error", () => {});
  socket.on("listening", () => {
    throw new Error("of a listener");
  });
  socket.bind(0, HERE);
  const end = ended(socket, "waits");
  assertThrows(answers[0], Error, "of a listener");
  socket.emit("error", new Error("of the program"));
  assertEquals([await end, observation.read().sent.dropped], ["ECANCELED", { ...NOTHING_SENT, closed: 1 }]);
  socket.close();
});

for (const method of ["send", "sendMany"] as const) {
  test(`a ${method}() that waited for a bind, and whose look-up throws then, is counted as failed`, async () => {
    const answers: (() => void)[] = [];
    const lookup = (
      name: string,
      _family: unknown,
      done: (error: null, address: string, family: number) => void,
    ): void => {
      if (name === "a.name") throw Object.assign(new Error("of a look-up"), { code: "MINE" });
      answers.push(() => done(null, name, 4));
    };
    const { backend, socket, observation } = scripted({ lookup: lookup as never, maxSendQueueCount: 2 });
    socket.bind(0, HERE);
    const messages = [{ data: "6", port: 9, address: "a.name" }, { data: "345", port: 9, address: HERE }];
    const end = method === "send" ? undefined : assertRejects(() => socket.sendMany(messages), Error, "of a look-up");
    if (end === undefined) { for (const { data, port, address } of messages) socket.send(data, port, address); }
    assertThrows(answers[0], Error, "of a look-up");
    answers[1]();
    if (end !== undefined) await within(end, "the end of sendMany()");
    const { sent } = observation.read();
    assertEquals([sent.datagrams, sent.bytes, sent.failed, backend.sent.length], [1, 3, { MINE: 1 }, 1]);
    socket.close();
  });
}

test("a send that throws what a look-up did counts for nothing, and takes no room from the others", async () => {
  const controller = new AbortController();
  let fails = true;
  const lookup = (
    name: string,
    _family: unknown,
    done: (error: null, address: string, family: number) => void,
  ): void => {
    if (name === "abort") controller.abort();
    if (fails) throw new Error("of a look-up");
    done(null, name, 4);
  };
  const { socket, observation } = scripted({
    lookup: lookup as never,
    maxSendQueueCount: 1,
    signal: controller.signal,
  });
  assertThrows(() => socket.send("of a bind", 9, HERE), Error, "of a look-up");
  socket.bindSync({ address: HERE });
  assertThrows(() => socket.send("of its own", 9, HERE), Error, "of a look-up");
  fails = false;
  assertEquals([await ended(socket, "sent"), observation.read().sent.dropped], ["sent", NOTHING_SENT]);
  fails = true;
  assertThrows(() => socket.send("aborted", 9, "abort"), Error, "of a look-up");
  // It was accepted until then.
  assertEquals(observation.read().sent.dropped, { ...NOTHING_SENT, closed: 1 });
});

test("of a sendMany() within which the socket is closed each message is counted, and the error says how many left", async () => {
  const sendBlockList = new BlockList();
  let asked = 0;
  const lookup = (name: string, _family: unknown, done: (error: null, address: string, family: number) => void): void =>
    done(null, name, 4);
  const { socket, observation } = bound({ sendBlockList, lookup: lookup as never });
  sendBlockList.check = () => {
    if (++asked === 2) socket.close();
    return false;
  };
  const messages = ["1", "22", "333", "4444"].map((data) => ({ data, port: 9, address: HERE }));
  const end = await socket.sendMany(messages).catch(({ code, index, sent }) => `${code} ${index} ${sent}`);
  const { sent } = observation.read();
  assertEquals([end, sent.datagrams, sent.bytes, sent.dropped.closed], ["ECANCELED 2 2", 2, 3, 2]);
});

test("what a receive list of the program's own throws at is counted as blocked, one by one, together and held", async () => {
  for (const batchMessages of [false, true]) {
    const receiveBlockList = new BlockList();
    receiveBlockList.check = (address) => {
      if (address === "192.0.2.1") throw new Error("of a list");
      return false;
    };
    const backend = new ScriptedBackend({ pause: "native" });
    const socket = createSocket({ type: "udp4", backend, batchMessages, receiveBlockList });
    const observation = observe(socket);
    socket.bindSync({ address: HERE });
    assertThrows(() => backend.arrive("1", 1000, "192.0.2.1"), Error, "of a list");
    backend.arrive("2", 1000, "192.0.2.2");
    const { received } = observation.read();
    assertEquals([received.datagrams, received.delivered, received.dropped], [2, 1, {
      ...NOTHING_RECEIVED,
      blocked: 1,
    }]);
    socket.close();
    await once(socket, "close");
  }
});

test("a sum has the sockets that were never bound, and no buffer of one that is closed", async () => {
  const all = observeAll();
  const failing = (_name: string, _options: unknown, done: (error: Error) => void): void => done(new Error("no"));
  const unbound = createSocket({ type: "udp4", backend: new ScriptedBackend(), lookup: failing as never });
  unbound.on("error", () => {});
  await assertRejects(() => unbound.sendMany([{ data: "1", port: 9, address: HERE }]));
  const socket = createSocket("udp4");
  socket.bindSync({ address: HERE });
  await once(socket, "listening");
  all.stop();
  const { kernel } = all.read();
  for (const each of [unbound, socket]) {
    each.close();
    await once(each, "close");
  }
  const after = all.read();
  assertEquals(after.sent.dropped, { ...NOTHING_SENT, unbound: 1 });
  assertEquals(after.kernel.receiveBuffer, kernel.receiveBuffer && { used: 0, size: 0 });
  // Where a system call tells it, it is known still.
  assertEquals(after.kernel.dropped, kernel.receiveBuffer && 0);
});

test("a socket that somebody else closes while close() is carried out after its bind is closed once, and summed up once", async () => {
  let bind: (() => void) | undefined;
  const lookup = (
    name: string,
    _family: unknown,
    done: (error: null, address: string, family: number) => void,
  ): void => {
    const answer = (): void => done(null, name, 4);
    if (bind === undefined) bind = answer;
    else answer();
  };
  const sendBlockList = new BlockList();
  const all = observeAll();
  const { backend, socket } = scripted({ lookup: lookup as never, sendBlockList });
  all.stop();
  sendBlockList.check = () => {
    backend.closeBelow();
    return true;
  };
  let closed = 0;
  socket.on("close", () => closed++);
  socket.bind(0, HERE);
  socket.send("blocked", 9, HERE);
  socket.close();
  bind!();
  for (let turns = 0; turns < 8; turns++) await turn();
  assertEquals([closed, sum(all.read().sent.dropped)], [1, 1]);
});

const sum = (counts: object): number => Object.values(counts).reduce((all: number, one: number) => all + one, 0);
