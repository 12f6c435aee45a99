/** Reading by promises and by iteration, and the bound on what waits. */
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { capabilities } from "@x/dgram";
import { bind, connect } from "@x/dgram/promises";
import type { BoundSocket, InboxOptions, IncomingDatagram } from "@x/dgram/promises";
import { Buffer } from "node:buffer";
import process from "node:process";
import { setImmediate as turn } from "node:timers/promises";
import { Inbox } from "../../src/promises/inbox.ts";
import { lacking } from "../network/needs.ts";
import { errnoOf } from "../support/errno_of.ts";
import { spawnSelf } from "../support/child.ts";
import { countedSignal } from "../support/counted_signal.ts";
import { notLinux, waitingAt } from "../support/proc.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const LOOPBACK = "127.0.0.1";
const REFUSED = errnoOf("ECONNREFUSED");

test("an iteration gives the datagrams that wait, then each as it comes, and ends when the socket is closed", async () => {
  await using receiver = await bind(0, LOOPBACK);
  await using sender = await bind(0, LOOPBACK);
  const send = (text: string): Promise<number> => sender.send(text, receiver.address().port, LOOPBACK);
  const heard: string[] = [];
  await send("0");
  await send("1");
  for await (const { data, address, port, family } of receiver) {
    assertEquals({ address, port, family }, sender.address());
    if (heard.push(String(data)) < 5) await send(String(heard.length + 1));
    else void receiver.close();
  }
  assertEquals(heard.slice(0, 5), ["0", "1", "2", "3", "4"]);
});

test("what waits when the socket is closed can still be read", async () => {
  const { socket, backend } = await scripted();
  const waiting = readAll(socket);
  backend.arrive("a");
  backend.arrive("b");
  backend.arrive("c");
  await socket.close();
  assertEquals(await waiting, ["a", "b", "c"]);
  assertEquals(await readAll(socket), []);
});

test("receive() gives the datagram that waits, or the next", async () => {
  const { socket, backend } = await scripted();
  backend.arrive("a", 1234, "10.0.0.1");
  assertEquals(socket.waiting, 1);
  const { data, ...from } = await socket.receive();
  assertEquals([String(data), from], ["a", { address: "10.0.0.1", port: 1234, family: "IPv4" as const }]);
  const next = socket.receive();
  backend.arrive("b");
  assertEquals(String((await next).data), "b");
  const last = socket.receive().catch((error) => error.code);
  await socket.close();
  assertEquals(await last, "ERR_SOCKET_DGRAM_NOT_RUNNING");
});

test("with receiveInfo a datagram tells what the kernel knows of it", {
  skip: capabilities.features.receiveInfo === "unavailable" ? "the kernel can't be asked here" : false,
}, async () => {
  await using socket = await bind({ address: LOOPBACK, receiveInfo: true });
  socket.setTTL(7);
  await socket.send("a", socket.address().port, LOOPBACK);
  const { data, address, destination, hopLimit, interfaceIndex } = await socket.receive();
  assertEquals([String(data), address, destination, hopLimit], ["a", LOOPBACK, LOOPBACK, 7]);
  assert(interfaceIndex! > 0);
});

test("an iteration gets the datagrams of a socket that is made with batchMessages too", async () => {
  const backend = new ScriptedBackend();
  const options = { backend, batchMessages: true };
  await using socket = await bind(options);
  backend.arrive("a");
  assertEquals(String((await socket.receive()).data), "a");
});

test("with drop-newest a full inbox loses what arrives, and counts it", async () => {
  const { socket, backend } = await scripted({ limit: 3 });
  for (const text of "abcde") backend.arrive(text);
  assertEquals([socket.waiting, socket.dropped], [3, 2]);
  await socket.close();
  assertEquals(await readAll(socket), ["a", "b", "c"]);
});

test("with drop-oldest a full inbox loses what has waited longest, and counts it", async () => {
  const { socket, backend } = await scripted({ limit: 3, whenFull: "drop-oldest" });
  for (const text of "abcde") backend.arrive(text);
  assertEquals([socket.waiting, socket.dropped], [3, 2]);
  await socket.close();
  assertEquals(await readAll(socket), ["c", "d", "e"]);
});

test("with throw a full inbox makes reading fail at the gap, and can be read further", async () => {
  const { socket, backend } = await scripted({ limit: 2, whenFull: "throw" });
  for (const text of "abcd") backend.arrive(text);
  assertEquals([socket.waiting, socket.dropped], [2, 2]);
  const heard: string[] = [];
  const error = await assertRejects(
    async () => {
      for await (const { data } of socket) {
        heard.push(String(data));
        if (heard.length === 1) backend.arrive("e");
      }
    },
    Error,
    "The inbox is full: 2 datagrams wait to be read",
  ) as NodeJS.ErrnoException;
  assertEquals([error.code, heard], ["ERR_SOCKET_DGRAM_INBOX_FULL", ["a", "b"]]);
  backend.arrive("f");
  await socket.close();
  assertEquals(await readAll(socket), ["e", "f"]);
  assertEquals(socket.dropped, 2);
});

test("1024 datagrams may wait unless another limit is given", async () => {
  const { socket, backend } = await scripted();
  for (let n = 0; n < 1030; n++) backend.arrive(String(n));
  assertEquals([socket.waiting, socket.dropped], [1024, 6]);
  await socket.close();
  const heard = await readAll(socket);
  assertEquals([heard.length, heard[0], heard[1023]], [1024, "0", "1023"]);
});

test("several iterations share the datagrams, in the order in which they asked", async () => {
  const { socket, backend } = await scripted();
  const [first, second] = [socket.datagrams(), socket.datagrams()];
  const asked = [first.next(), second.next(), socket.receive(), first.next()];
  for (const text of "abcd") backend.arrive(text);
  // The second next() of an iterator asks when its first is answered: behind all who asked by then.
  assertEquals(await Promise.all(asked.map(textOf)), ["a", "b", "c", "d"]);
  const last = [first.next(), second.next()];
  await socket.close();
  assertEquals(await Promise.all(last.map(textOf)), [undefined, undefined]);
});

test("leaving a loop leaves the socket open, and the next loop goes on", async () => {
  const { socket, backend } = await scripted();
  for (const text of "abc") backend.arrive(text);
  for await (const { data } of socket) {
    assertEquals(String(data), "a");
    break;
  }
  assertEquals(socket.waiting, 2);
  await socket.close();
  assertEquals(await readAll(socket), ["b", "c"]);
});

test("return() ends an iteration that waits, and takes no datagram with it", async () => {
  const { socket, backend } = await scripted();
  const iteration = socket.datagrams();
  const pending = iteration.next();
  assertEquals(await iteration.return!(), { value: undefined, done: true });
  assertEquals(await pending, { value: undefined, done: true });
  assertEquals(await iteration.next(), { value: undefined, done: true });
  backend.arrive("a");
  assertEquals(socket.waiting, 1);
  await socket.close();
});

test("an error of the socket makes all fail who wait, once, and the socket goes on", async () => {
  const { socket, backend } = await scripted();
  const waiting = [socket.datagrams().next(), socket.receive(), socket.datagrams().next()];
  const errors = Promise.all(waiting.map((promise) => promise.catch((error) => error.code)));
  backend.fail(REFUSED);
  assertEquals(await errors, ["ECONNREFUSED", "ECONNREFUSED", "ECONNREFUSED"]);
  const next = socket.receive();
  backend.arrive("a");
  assertEquals(String((await next).data), "a");
  await socket.close();
});

test("an error that nobody waits for is kept for the next who reads, behind what came before it", async () => {
  const { socket, backend } = await scripted({ limit: 3, whenFull: "drop-oldest" });
  for (const text of "ab") backend.arrive(text);
  backend.fail(REFUSED);
  backend.fail(REFUSED);
  for (const text of "cd") backend.arrive(text);
  const iteration = socket.datagrams();
  assertEquals(await textOf(iteration.next()), "b");
  const error = await assertRejects(() => iteration.next(), Error, "recvmsg ECONNREFUSED");
  assertEquals((error as NodeJS.ErrnoException).syscall, "recvmsg");
  assertEquals(await textOf(iteration.next()), undefined);
  await socket.close();
  assertEquals(await readAll(socket), ["c", "d"]);
});

test("the refusal of a connected socket's peer makes reading fail", async () => {
  const backend = new ScriptedBackend();
  await using socket = await connect({ port: 9, address: LOOPBACK, backend });
  const reading = socket.receive();
  backend.fail(REFUSED);
  assertEquals(((await assertRejects(() => reading)) as NodeJS.ErrnoException).code, "ECONNREFUSED");
});

const REASON = { why: "an object of my own" };

test("an abort ends receive() and an iteration with the signal's reason, and leaves the socket open", async () => {
  const { socket, backend } = await scripted();
  const counted = countedSignal();
  const { signal } = counted;
  const iteration = socket.datagrams({ signal });
  const waiting = [iteration.next(), socket.receive({ signal })];
  const reasons = Promise.all(waiting.map((promise) => promise.catch((reason) => reason)));
  assertEquals(counted.listeners, 1);
  counted.abort(REASON);
  for (const reason of await reasons) assertStrictEquals(reason, REASON);
  assertEquals(counted.listeners, 0);
  assertEquals((await iteration.next()).done, true);
  backend.arrive("a");
  assertEquals(socket.waiting, 1);
  assertStrictEquals(await socket.receive({ signal }).catch((reason) => reason), REASON);
  assertStrictEquals(await socket.datagrams({ signal }).next().catch((reason) => reason), REASON);
  assertEquals(String((await socket.receive()).data), "a");
  await socket.close();
});

test("an abort between two datagrams ends the loop though more wait", async () => {
  const { socket, backend } = await scripted();
  const counted = countedSignal();
  for (const text of "abc") backend.arrive(text);
  const heard: string[] = [];
  const reason = await (async () => {
    for await (const { data } of socket.datagrams({ signal: counted.signal })) {
      if (heard.push(String(data)) === 2) counted.abort(REASON);
    }
  })().catch((reason) => reason);
  assertStrictEquals(reason, REASON);
  assertEquals([heard, socket.waiting, counted.listeners], [["a", "b"], 1, 0]);
  await socket.close();
});

test("reading leaves no listener on its signal, however it ends", async () => {
  const { socket, backend } = await scripted();
  const counted = countedSignal();
  const { signal } = counted;
  const received = socket.receive({ signal });
  backend.arrive("a");
  await received;
  assertEquals(counted.listeners, 0);
  const failed = socket.receive({ signal }).catch(() => {});
  backend.fail(REFUSED);
  await failed;
  assertEquals(counted.listeners, 0);
  backend.arrive("b");
  for await (const _ of socket.datagrams({ signal })) break;
  assertEquals(counted.listeners, 0);
  const abandoned = socket.datagrams({ signal });
  const next = abandoned.next();
  assertEquals(counted.listeners, 1);
  backend.arrive("c");
  await next;
  assertEquals(counted.listeners, 0);
  const ended = [socket.receive({ signal }).catch(() => {}), socket.datagrams({ signal }).next()];
  await socket.close();
  await Promise.all(ended);
  assertEquals(counted.listeners, 0);
});

test("receive() and datagrams() refuse a signal that is none", async () => {
  const { socket } = await scripted();
  const options = { signal: "now" } as unknown as { signal: AbortSignal };
  const error = await assertRejects(() => socket.receive(options)) as NodeJS.ErrnoException;
  assertEquals(error.code, "ERR_INVALID_ARG_TYPE");
  let code: string | undefined;
  try {
    socket.datagrams(options);
  } catch (error) {
    code = (error as NodeJS.ErrnoException).code;
  }
  assertEquals(code, "ERR_INVALID_ARG_TYPE");
  await socket.close();
});

const noPause = lacking("pause");

test("with wait a full inbox leaves what arrives in the kernel, and nothing is lost", { skip: noPause }, async () => {
  await using receiver = await bind({ address: LOOPBACK, inbox: { limit: 10, whenFull: "wait" } });
  await using sender = await connect({ address: LOOPBACK, port: receiver.address().port });
  for (let sent = 0; sent < 300; sent += 100) {
    await sender.sendMany(Array.from({ length: 100 }, (_, i) => ({ data: `${sent + i}` })));
    while (receiver.waiting < 10) await turn();
    for (let i = 0; i < 10; i++) await turn();
    assertEquals([receiver.waiting, receiver.raw.isPaused()], [10, true]);
    if (!notLinux) assert(waitingAt(receiver.address()) > 0, "nothing waits in the kernel");
    for (let i = 0; i < 100; i++) assertEquals(String((await receiver.receive()).data), `${sent + i}`);
  }
  assertEquals([receiver.dropped, receiver.waiting, receiver.raw.isPaused()], [0, 0, false]);
});

test(
  "with wait a socket that is closed while its inbox is full can be read to its end",
  { skip: noPause },
  async () => {
    const socket = await bind({ address: LOOPBACK, inbox: { limit: 3, whenFull: "wait" } });
    const { port } = socket.address();
    await socket.sendMany(["a", "b", "c", "d"].map((data) => ({ data, port, address: LOOPBACK })));
    while (socket.waiting < 3) await turn();
    await socket.close();
    assertEquals(await readAll(socket), ["a", "b", "c"]);
  },
);

test("with wait what is in a full inbox can be read while close() still waits", async () => {
  const backend = new ScriptedBackend({ pause: "native" });
  const inbox = { limit: 4, whenFull: "wait" } as const;
  const socket = await bind({ address: LOOPBACK, backend, inbox });
  for (const text of "abcd") backend.arrive(text);
  assertEquals(backend.paused, true);
  const closed = socket.close();
  const heard = await Promise.all(Array.from({ length: 4 }, () => socket.receive()));
  assertEquals(heard.map(({ data }) => String(data)), ["a", "b", "c", "d"]);
  await closed;
});

test("with wait an inbox whose socket can't be paused says so where the datagram comes from", async () => {
  const backend = new ScriptedBackend({ pause: "native" });
  const open = backend.open.bind(backend);
  backend.open = (options, host) => Object.assign(open(options, host), { pause: () => errnoOf("EMFILE") });
  const socket = await bind({ address: LOOPBACK, backend, inbox: { limit: 2, whenFull: "wait" } });
  backend.arrive("a");
  const error = assertThrows(() => backend.arrive("b")) as NodeJS.ErrnoException;
  assertEquals([error.code, error.syscall], ["EMFILE", "pause"]);
  const heard = [await socket.receive(), await socket.receive()];
  assertEquals(heard.map(({ data }) => String(data)), ["a", "b"]);
  await socket.close();
});

test("with wait a request may close the socket when it is asked about the datagram that fills the inbox", async () => {
  const backend = new ScriptedBackend({ pause: "native" });
  const socket = await bind({ address: LOOPBACK, backend, inbox: { limit: 1, whenFull: "wait" } });
  const match = (): boolean => {
    void socket.close();
    return false;
  };
  const request = socket.request("x", { port: 1000, address: LOOPBACK, match }).catch(({ code }) => code);
  backend.arrive("a");
  assertEquals(await request, "ERR_SOCKET_DGRAM_NOT_RUNNING");
  assertEquals(await readAll(socket), ["a"]);
});

test("with wait bind() rejects with a coded error where the runtime can't", {
  skip: noPause === false && "pause is there",
}, async () => {
  const error = await assertRejects(() => bind({ address: LOOPBACK, inbox: { whenFull: "wait" } }), TypeError);
  assertEquals((error as TypeError & { code?: string }).code, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM");
});

const unused = (): never => {
  throw new Error("nothing is to be paused");
};

for (const whenFull of ["drop-newest", "drop-oldest"] as const) {
  test(`with ${whenFull} the inbox does what a list with a bound does, whatever comes and goes`, () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor(seed / 65_536) % below;
    };
    for (let round = 0; round < 50; round++) {
      const limit = 1 + random(70);
      const inbox = new Inbox({ limit, whenFull }, { pause: unused, resume: unused });
      const list: string[] = [];
      let dropped = 0;
      for (let step = 0; step < 400; step++) {
        if (random(100) < 55) {
          const text = `${round} ${step}`;
          inbox.put(Buffer.from(text), { address: LOOPBACK, family: "IPv4", port: 1, size: text.length });
          if (list.length < limit) list.push(text);
          else {
            dropped++;
            if (whenFull === "drop-oldest") list.push((list.shift(), text));
          }
        } else {
          assertEquals(inbox.take()?.data.toString(), list.shift());
        }
        assertEquals([inbox.waiting, inbox.dropped], [list.length, dropped]);
      }
    }
  });
}

test("a long run through an iteration keeps memory flat and counts what is lost exactly", async () => {
  const datagrams = Number(process.env.DGRAM_TEST_DATAGRAMS ?? 200_000);
  const timeout = Math.max(60_000, datagrams / 5);
  const { stdout, stderr, code, timedOut } = await spawnSelf("promises/long_run", [String(datagrams)], { timeout });
  assertEquals({ code, timedOut }, { code: 0, timedOut: false }, stderr);
  const run = JSON.parse(stdout) as Record<"sent" | "arrived" | "read" | "dropped" | "growth", number>;
  // The sender waits for what it sent, so that the kernel loses none.
  assertEquals([run.sent, run.arrived], [datagrams, datagrams]);
  assertEquals(run.read + run.dropped, datagrams);
  assert(run.dropped > datagrams / 4 && run.read > datagrams / 4, `both are to happen: ${stdout}`);
  // Kept datagrams would be 1200 bytes each.
  assert(run.growth < datagrams * 300, `memory grew by ${run.growth} bytes`);
});

async function scripted(
  inbox?: InboxOptions,
): Promise<{ socket: BoundSocket; backend: ScriptedBackend }> {
  const backend = new ScriptedBackend();
  return { socket: await bind({ backend, inbox }), backend };
}

async function readAll(socket: AsyncIterable<IncomingDatagram>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { data } of socket) texts.push(String(data));
  return texts;
}

async function textOf(
  promise: Promise<IncomingDatagram | IteratorResult<IncomingDatagram, undefined>>,
): Promise<string | undefined> {
  const result = await promise;
  const datagram = "value" in result ? result.value : result;
  return datagram && String(datagram.data);
}
