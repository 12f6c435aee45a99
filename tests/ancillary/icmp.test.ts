/** What a socket is told of ICMP errors: which datagram, who says so, and what others are not told. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { capabilities, type RemoteInfo } from "@x/dgram";
import { createSocket, type Socket } from "@x/dgram/ffi";
import { ancillarySupport, type IcmpError, sendWith, watchIcmp } from "@x/dgram/ancillary";
import { handoffCapabilities, receiveSockets, sendSocket } from "@x/dgram/handoff";
import { observe } from "@x/dgram/observe";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { MessageChannel } from "node:worker_threads";
import { close } from "../support/close.ts";
import { freePort } from "../support/free_port.ts";
import { noAddress } from "../support/loopback.ts";
import { within } from "../support/within.ts";

const HERE = "127.0.0.1";

const probe = createSocket({ type: "udp4", receiveInfo: true });
const { icmp } = ancillarySupport(probe);
probe.close();
const lacking = icmp.support === "unavailable" && (icmp.note ?? "no ICMP errors are told here");
const there = icmp.support === "native" && "ICMP errors are told here";

/** A bound socket whose events are kept: those of 'icmp', as far as they are not claims of time, and errors. */
class Ear {
  readonly socket: Socket;
  readonly events: unknown[] = [];
  readonly raw: IcmpError[] = [];
  readonly stop: () => void;
  #tell = (): void => {};

  constructor(type: "udp4" | "udp6" = "udp4", address?: string) {
    this.socket = createSocket({ type, receiveInfo: true });
    this.socket.bindSync({ address });
    this.stop = watchIcmp(this.socket, (error) => {
      this.raw.push(error);
      const { code, address, port, offender, data } = error;
      this.#add([code, address, port, offender, `${data}`]);
    });
    this.socket.on("error", (error) => this.#add(error.message));
    this.socket.on("message", (message) => this.#add(`heard ${message}`));
  }

  async hear(count: number): Promise<unknown[]> {
    const all = new Promise<void>((done) => {
      this.#tell = () => this.events.length >= count && done();
      this.#tell();
    });
    await within(all, `${count} events`);
    return this.events.splice(0);
  }

  #add(event: unknown): void {
    this.events.push(event);
    this.#tell();
  }
}

/** The callback's error, or null. */
function send(socket: Socket, data: string | Uint8Array, ...to: [number, string] | []): Promise<string | null> {
  return new Promise((done) => {
    const sent = (error: Error | null): void => done(error && (error as { code?: string }).code!);
    if (to.length === 0) socket.send(data, sent);
    else socket.send(data, ...to, sent);
  });
}

/** Sends to itself, and so has everything be told that came before. */
async function heard(ear: Ear, text: string): Promise<unknown[]> {
  const { port } = ear.socket.address();
  assertEquals(await send(ear.socket, text, port, HERE), null);
  for (;;) {
    const at = ear.events.indexOf(`heard ${text}`);
    if (at >= 0) return ear.events.splice(0).filter((event) => event !== `heard ${text}`);
    await ear.hear(ear.events.length + 1).then((events) => ear.events.unshift(...events));
  }
}

const CASES = [
  { name: "udp4", type: "udp4", to: HERE, origin: "icmp", types: [3, 3] },
  { name: "udp6", type: "udp6", to: "::1", origin: "icmp6", types: [1, 4] },
  { name: "IPv4 on udp6", type: "udp6", to: `::ffff:${HERE}`, origin: "icmp", types: [3, 3] },
] as const;

for (const { name, type, to, origin, types } of CASES) {
  const skip = lacking || noAddress(to.replace("::ffff:", ""));

  test(`an unconnected socket is told who refuses which datagram: ${name}`, { skip }, async () => {
    const ear = new Ear(type);
    const port = await freePort(to);
    const own = once(ear.socket, "message");
    await send(ear.socket, "to itself", ear.socket.address().port, to);
    const [, { receivedAt }] = await within(own, "the datagram to itself") as [Buffer, RemoteInfo];
    ear.events.length = 0;
    assertEquals(await send(ear.socket, "who is there?", port, to), null);
    assertEquals(await ear.hear(1), [["ECONNREFUSED", to, port, to, "who is there?"]]);
    const [error] = ear.raw;
    assertEquals([error.origin, error.icmpType, error.icmpCode], [origin, ...types]);
    assertEquals([error.mtu, error.errno < 0], [undefined, true]);
    assert(Buffer.isBuffer(error.data));
    assertEquals(error.data.buffer.byteLength, error.data.length);
    assert(error.receivedAt! >= receivedAt!, `${error.receivedAt} ${receivedAt}`);
    await close(ear.socket);
  });

  test(`a connected socket is told as well, and emits 'error' as otherwise: ${name}`, { skip }, async () => {
    const ear = new Ear(type);
    const port = await freePort(to);
    ear.socket.connectSync(port, to);
    assertEquals(await send(ear.socket, "hello"), null);
    assertEquals(await ear.hear(2), [["ECONNREFUSED", to, port, to, "hello"], "recvmsg ECONNREFUSED"]);
    await close(ear.socket);
  });
}

test("no send fails for another's sake, whatever comes back meanwhile", { skip: lacking }, async () => {
  const peer = new Ear("udp4", HERE);
  const { port } = peer.socket.address();
  const ear = new Ear();
  const gone = await freePort();
  const codes: (string | null)[] = [];
  const texts: string[] = [];
  // Linux before 6.11 sends no more than 50 at once, and one in a millisecond.
  for (let round = 0; round < 15; round++) {
    const [first, second] = [`${round} a`, `${round} b`];
    texts.push(first, second);
    const ends = [
      send(ear.socket, "lost", gone, HERE),
      send(ear.socket, first, port, HERE),
      sendWith(ear.socket, [
        { data: "lost with more", port: gone, address: HERE, hopLimit: 9 },
        { data: second, port, address: HERE, hopLimit: 9 },
      ]).then(() => null, (error) => error.code),
    ];
    codes.push(...await Promise.all(ends));
  }
  assertEquals(codes, codes.map(() => null));
  assertEquals(await peer.hear(texts.length), texts.map((text) => `heard ${text}`));
  const told = await ear.hear(30);
  const refused = (text: string): unknown => ["ECONNREFUSED", HERE, gone, HERE, text];
  assertEquals(told, told.map((_, i) => refused(i % 2 === 0 ? "lost" : "lost with more")));
  await close(ear.socket, peer.socket);
});

test("each of a batch is told, and the others of it arrive", { skip: lacking }, async () => {
  const peer = new Ear("udp4", HERE);
  const { port } = peer.socket.address();
  const ear = new Ear();
  const gone = await freePort();
  const messages = Array.from({ length: 60 }, (_, i) => ({
    data: `${i}`,
    port: i % 3 === 0 ? gone : port,
    address: HERE,
  }));
  assertEquals(await ear.socket.sendMany(messages), 60);
  const isLost = (i: number): boolean => i % 3 === 0;
  const numbers = messages.map((_, i) => i);
  assertEquals(await peer.hear(40), numbers.filter((i) => !isLost(i)).map((i) => `heard ${i}`));
  assertEquals(
    await ear.hear(20),
    numbers.filter(isLost).map((i) => ["ECONNREFUSED", HERE, gone, HERE, `${i}`]),
  );
  await close(ear.socket, peer.socket);
});

test("each of those that leave in one turn to one destination is told by itself, and counted", {
  skip: lacking,
}, async () => {
  const gone = await freePort();
  const socket = createSocket({ type: "udp4", receiveInfo: true });
  const observation = observe(socket);
  socket.bindSync();
  const told: string[] = [];
  const all = new Promise<void>((done) => {
    watchIcmp(socket, ({ data }) => told.push(`${data}`) === 5 && done());
  });
  const texts = ["a", "b", "c", "d", "e"];
  for (const text of texts) socket.send(text, gone, HERE);
  await within(all, "'icmp'");
  assertEquals([told, observation.read().icmpErrors], [texts, 5]);
  await close(socket);
});

test("an unwatched socket is told nothing, and a watched one nothing any more once that has ended", {
  skip: lacking,
}, async () => {
  const ear = new Ear("udp4", HERE);
  const gone = await freePort();
  const more: IcmpError[] = [];
  const stop = watchIcmp(ear.socket, (error) => more.push(error));
  await send(ear.socket, "one", gone, HERE);
  assertEquals((await ear.hear(1)).length, 1);
  assertEquals(more.length, 1);
  ear.stop();
  ear.stop();
  // Another watches still.
  await send(ear.socket, "two", gone, HERE);
  await heard(ear, "between");
  assertEquals([ear.raw.length, more.length], [1, 2]);
  // What has come and is not told yet is nobody's then; in memory it is told by now.
  await send(ear.socket, "untold", gone, HERE);
  stop();
  const told = more.length;
  for (const text of ["three", "four"]) assertEquals(await send(ear.socket, text, gone, HERE), null);
  assertEquals(await heard(ear, "after"), []);
  assertEquals([ear.raw.length, more.length], [1, told]);
  const again = watchIcmp(ear.socket);
  const last = once(ear.socket, "icmp");
  await send(ear.socket, "five", gone, HERE);
  const [{ data }] = await within(last, "'icmp'") as [IcmpError];
  assertEquals(`${data}`, "five");
  again();
  await close(ear.socket);
});

test("a listener may close the socket, and is told nothing more", { skip: lacking }, async () => {
  const ear = new Ear();
  const gone = await freePort();
  const closed = once(ear.socket, "close");
  ear.socket.once("icmp", () => ear.socket.close());
  await ear.socket.sendMany(Array.from({ length: 10 }, () => ({ data: "x", port: gone, address: HERE })));
  await within(closed, "'close'");
  assertEquals(ear.raw.length, 1);
  // Ends it once more, of a socket that is closed.
  ear.stop();
});

test("while it is paused a socket is told, and hears after it", { skip: lacking }, async () => {
  const ear = new Ear("udp4", HERE);
  const gone = await freePort();
  ear.socket.pause();
  await send(ear.socket, "waits", ear.socket.address().port, HERE);
  await send(ear.socket, "lost", gone, HERE);
  assertEquals(await ear.hear(1), [["ECONNREFUSED", HERE, gone, HERE, "lost"]]);
  ear.socket.resume();
  assertEquals(await ear.hear(1), ["heard waits"]);
  await close(ear.socket);
});

test("once an error is told the runtime rests", { skip: lacking }, async () => {
  const socket = createSocket({ type: "udp4", receiveInfo: true });
  const observation = observe(socket);
  socket.bindSync({ address: HERE });
  watchIcmp(socket);
  const gone = await freePort();
  const told = once(socket, "icmp");
  await send(socket, "hello", gone, HERE);
  await within(told, "'icmp'");
  const before = observation.read().received.calls ?? 0;
  for (let turn = 0; turn < 200; turn++) await setImmediate();
  const calls = (observation.read().received.calls ?? 0) - before;
  assert(calls < 50, `${calls} receives in 200 turns`);
  await close(socket);
});

/** IP_RECVERR, as the kernel has it. */
function keepsErrors(socket: Socket): number {
  const state = Object.getOwnPropertySymbols(socket).find(({ description }) => description === "state")!;
  const { kernel } = (socket as unknown as Record<symbol, { handle: Handle }>)[state].handle;
  return kernel.libc.getOption(kernel.fd, 0, 11);
}

interface Handle {
  readonly kernel: { readonly fd: number; readonly libc: { getOption(...values: number[]): number } };
}

const { features, notes } = handoffCapabilities;
const stays = lacking || (capabilities.backend === "memory" && "a socket in memory stays where it is") ||
  (features.handoffToThread === "unavailable" && (notes.handoffToThread ?? "no socket leaves"));

test("a socket that leaves takes no watch along, and one that stays after all is watched again", {
  skip: stays,
}, async () => {
  const { port1, port2 } = new MessageChannel();
  const ear = new Ear("udp4", HERE);
  const gone = await freePort();
  const refusing = receiveSockets(port2, () => {}, {
    createSocket: (type) => {
      const socket = createSocket(type);
      socket.bind = () => {
        throw new Error("not here");
      };
      return socket;
    },
  });
  await assertRejects(() => within(sendSocket(ear.socket, port1), "the refusal"), Error, "not here");
  refusing();
  assertEquals(await send(ear.socket, "one", gone, HERE), null);
  assertEquals(await ear.hear(1), [["ECONNREFUSED", HERE, gone, HERE, "one"]]);

  assertEquals(keepsErrors(ear.socket), 1);
  const isWatched: number[] = [];
  const events: string[] = [];
  const arrived = new Promise<Socket>((done) =>
    receiveSockets(port2, (socket) => {
      socket.on("error", (error) => events.push(error.message));
      done(socket);
    }, {
      createSocket: (type) => {
        const socket = createSocket(type);
        // It is both sides' as yet.
        return socket.prependListener("listening", () => isWatched.push(keepsErrors(socket)));
      },
    })
  );
  await within(sendSocket(ear.socket, port1), "the socket's way");
  const there = await within(arrived, "the socket");
  for (const text of ["two", "three"]) assertEquals(await send(there, text, gone, HERE), null);
  const own = once(there, "message");
  await send(there, "to itself", there.address().port, HERE);
  assertEquals(`${(await within(own, "its own message"))[0]}`, "to itself");
  assertEquals([isWatched, events, ear.events], [[0], [], []]);
  await close(there);
  port1.close();
});

test("a socket without receiveInfo, not bound, closed or none can't be watched, and the error says so", async () => {
  const codeOf = (watch: () => unknown): string | undefined => {
    const error = assertThrows(watch) as { code?: string };
    return error.code;
  };
  for (const no of [undefined, null, {}, "text", { raw: 1 }]) {
    assertEquals(codeOf(() => watchIcmp(no as never)), "ERR_INVALID_ARG_TYPE");
  }
  const plain = createSocket("udp4");
  plain.bindSync({ address: HERE });
  const error = assertThrows(() => watchIcmp(plain)) as { code?: string; message: string };
  assertEquals(error.code, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM");
  const { icmp: ofPlain } = ancillarySupport(plain);
  assertEquals(ofPlain.support, "unavailable");
  assert(error.message.endsWith(ofPlain.note!), error.message);
  if (lacking === false) assertMatch(ofPlain.note!, /receiveInfo/);
  for (const no of [null, 1, "listener", {}]) {
    assertEquals(codeOf(() => watchIcmp(plain, no as never)), "ERR_INVALID_ARG_TYPE");
  }
  await close(plain);
  assertEquals(codeOf(() => watchIcmp(plain)), "ERR_SOCKET_DGRAM_NOT_RUNNING");
});

test("a socket that is to be watched is bound first", { skip: lacking }, async () => {
  const socket = createSocket({ type: "udp4", receiveInfo: true });
  assertEquals(ancillarySupport(socket).icmp, { support: "native", note: undefined });
  const error = assertThrows(() => watchIcmp(socket)) as { code?: string; syscall?: string };
  assertEquals([error.code, error.syscall], ["EBADF", "watchIcmp"]);
  socket.bindSync({ address: HERE });
  watchIcmp(socket)();
  await close(socket);
});

test("where ICMP errors can't be told the note is that of what is told of datagrams", { skip: there }, () => {
  const { icmp: byDefault, support, note } = ancillarySupport();
  assertEquals([byDefault, icmp.support], [{ support, note }, "unavailable"]);
});
