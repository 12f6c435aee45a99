/** `@x/dgram/web`: how a UDPSocket's streams fail, hold back, drop and end. */
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { Socket } from "@x/dgram";
import { UDPSocket } from "@x/dgram/web";
import { test } from "node:test";
import { WritableHalf } from "../../src/web/writable_half.ts";
import { spawnSelf } from "../support/child.ts";
import { freePort } from "../support/free_port.ts";
import {
  bytes,
  codeOf,
  lacks,
  LOOPBACK,
  noSignal,
  read,
  readText,
  rejection,
  staged,
  text,
  turn,
  until,
  withLookup,
} from "../support/web_stage.ts";
import { within } from "../support/within.ts";
import { notLinux, waitingAt } from "../support/proc.ts";
// Errors of the system

staged("a datagram that is too long fails its write with a NetworkError and closes that half", async (stage) => {
  const [a, b] = [await stage.bound(), await stage.bound()];
  const to = { remoteAddress: LOOPBACK, remotePort: b.localPort };
  const error = await rejection(a.writer.write({ data: new Uint8Array(65_536), ...to }));
  assert(error instanceof DOMException);
  assertEquals([error.name, codeOf(error)], ["NetworkError", "EMSGSIZE"]);
  assertStrictEquals(await rejection(a.writer.write({ data: bytes("x"), ...to })), error);
  await b.writer.write({ data: bytes("still here"), remoteAddress: LOOPBACK, remotePort: a.localPort });
  assertEquals(await readText(a), "still here");
  await a.reader.cancel();
  assertStrictEquals(await rejection(a.socket.closed), error);
});

staged(
  "of writes in one turn those before a failure resolve, and those after it reject and are not sent",
  async (stage) => {
    const peer = await stage.bound();
    const { writer } = await stage.connectedTo(peer.localPort);
    const writes = [2, 3, 65_536, 4].map((size) => writer.write({ data: new Uint8Array(size) }));
    const ends = await within(Promise.allSettled(writes), "the writes");
    assertEquals(ends.map(({ status }) => status), ["fulfilled", "fulfilled", "rejected", "rejected"]);
    await turn();
    stage.raw().send("the end", peer.localPort, LOOPBACK);
    assertEquals([(await read(peer)).data.length, (await read(peer)).data.length], [2, 3]);
    assertEquals(await readText(peer), "the end");
  },
);

staged("a refusal by the peer's host errors a connected UDPSocket with a NetworkError", async (stage) => {
  const remotePort = await freePort();
  const { socket, writer, reader } = await stage.connectedTo(remotePort);
  const reading = rejection(reader.read());
  await writer.write({ data: bytes("anybody?") });
  const error = await reading;
  assertEquals([error.name, codeOf(error)], ["NetworkError", "ECONNREFUSED"]);
  await writer.close();
  assertStrictEquals(await rejection(socket.closed), error);
}, lacks("icmpErrors"));

// Backpressure and drops

staged("a full stream leaves what arrives in the kernel, and nothing is lost", async (stage) => {
  const receiver = await stage.bound({ inboxLimit: 10 });
  const sender = stage.raw();
  for (let sent = 0; sent < 300; sent += 100) {
    const ends = Array.from(
      { length: 100 },
      (_, i) => new Promise((done) => sender.send(`${sent + i}`, receiver.localPort, LOOPBACK, done)),
    );
    await within(Promise.all(ends), "the ends of the sends");
    for (let i = 0; i < 10; i++) await turn();
    if (!notLinux) {
      assert(waitingAt({ address: LOOPBACK, port: receiver.localPort }) > 0, "nothing waits in the kernel");
    }
    for (let i = 0; i < 100; i++) assertEquals(await readText(receiver), `${sent + i}`);
  }
  assertEquals(receiver.socket.dropped, 0);
}, lacks("pause"));

staged("a stream for one datagram is read to the end, however slowly", async (stage) => {
  const receiver = await stage.bound({ inboxLimit: 1, whenFull: "wait" });
  const sender = stage.raw();
  for (let i = 0; i < 50; i++) sender.send(`${i}`, receiver.localPort, LOOPBACK);
  for (let i = 0; i < 50; i++) {
    assertEquals(await readText(receiver), `${i}`);
    for (let turns = i % 4; turns > 0; turns--) await turn();
  }
  assertEquals(receiver.socket.dropped, 0);
}, lacks("pause"));

staged("a stream that is cancelled while it is full closes its half", async (stage) => {
  const receiver = await stage.bound({ inboxLimit: 1, whenFull: "wait" });
  const sender = stage.raw();
  for (let i = 0; i < 3; i++) sender.send("x", receiver.localPort, LOOPBACK);
  for (let i = 0; i < 5; i++) await turn();
  await receiver.reader.cancel();
  await receiver.writer.close();
  await within(receiver.socket.closed, "closed");
}, lacks("pause"));

test("to wait for room is refused where the runtime can't", {
  skip: lacks("pause") === false && "pause is there",
}, async () => {
  const socket = new UDPSocket({ localAddress: LOOPBACK, whenFull: "wait" });
  const error = await rejection(socket.opened);
  assertEquals([error.name, codeOf(error)], ["NetworkError", "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM"]);
});

staged("with whenFull drop what finds the stream full is dropped and counted", async (stage) => {
  const receiver = await stage.bound({ inboxLimit: 10, whenFull: "drop" });
  const sender = stage.raw();
  for (let i = 0; i < 30; i++) sender.send(`${i}`, receiver.localPort, LOOPBACK);
  await until(() => receiver.socket.dropped === 20, "20 drops");
  for (let i = 0; i < 10; i++) assertEquals(await readText(receiver), `${i}`);
  sender.send("after", receiver.localPort, LOOPBACK);
  assertEquals(await readText(receiver), "after");
  assertEquals(receiver.socket.dropped, 20);
});

staged("what comes to a cancelled half is no drop", async (stage) => {
  const receiver = await stage.bound({ inboxLimit: 1 });
  const marker = await stage.bound();
  await receiver.reader.cancel();
  const sender = stage.raw();
  for (let i = 0; i < 3; i++) sender.send("late", receiver.localPort, LOOPBACK);
  sender.send("end", marker.localPort, LOOPBACK);
  await readText(marker);
  await turn();
  assertEquals(receiver.socket.dropped, 0);
});

staged("a hundred and thirty writes that nobody waits for arrive in order", async (stage) => {
  const [a, b] = [await stage.bound(), await stage.bound()];
  const count = 130;
  assert(a.writer.desiredSize! < count);
  const writes = Array.from(
    { length: count },
    (_, number) => a.writer.write({ data: Uint8Array.of(number), remoteAddress: LOOPBACK, remotePort: b.localPort }),
  );
  assert(a.writer.desiredSize! <= 0);
  await within(a.writer.ready, "ready");
  await within(Promise.all(writes), "the writes");
  for (let number = 0; number < count; number++) assertEquals((await read(b)).data[0], number);
});

test("a write waits as long as the kernel has no room, and those after it wait for it", async () => {
  const handed: string[] = [];
  let makeRoom = (): void => {};
  const socket = {
    type: "udp4",
    send: (data: Uint8Array, sent: (error: Error | null) => void) => {
      handed.push(text(data));
      makeRoom = () => sent(null);
    },
  };
  const half = new WritableHalf({ mode: "connected" } as ConstructorParameters<typeof WritableHalf>[0], () => {});
  half.start(socket as unknown as Socket, undefined);
  await turn();
  const writer = half.stream.getWriter();
  let resolved = 0;
  const writes = Array.from({ length: 65 }, (_, n) => writer.write({ data: bytes(`${n}`) }).then(() => resolved++));
  let ready = false;
  const whenReady = writer.ready.then(() => ready = true);
  await turn();
  assertEquals({ handed, resolved, ready }, { handed: ["0"], resolved: 0, ready: false });
  makeRoom();
  await turn();
  assertEquals({ handed, resolved, ready }, { handed: ["0", "1"], resolved: 1, ready: false });
  makeRoom();
  await within(whenReady, "ready");
  for (let n = 2; n < 65; n++) {
    await until(() => handed.length === n + 1, "the next datagram");
    makeRoom();
  }
  await within(Promise.all(writes), "the writes");
});

staged("a loop of writes leaves the event loop its turns", async (stage) => {
  const receiver = await stage.bound();
  const { writer } = await stage.connectedTo(receiver.localPort);
  let arrived = false;
  void receiver.reader.read().then(() => arrived = true);
  let writes = 0;
  // Deno 2.9.5 looks for datagrams at every sixtieth turn.
  while (!arrived && writes < 50_000) {
    await writer.write({ data: bytes("x") });
    writes++;
  }
  assert(arrived, "nothing was received while the loop ran");
});

test("a long run through the streams keeps memory flat and counts each drop", async () => {
  const { stdout, stderr, code } = await spawnSelf("web/udp_socket", ["run"], { timeout: 120_000 });
  assertEquals(code, 0, stderr);
  const run = JSON.parse(stdout) as Record<"sent" | "read" | "dropped" | "drops" | "growth", number>;
  assertEquals([run.dropped, run.read + run.dropped], [run.drops, run.sent]);
  // To keep the datagrams of this run, of 1000 bytes each, would take as much.
  assert(run.growth < Math.min(run.sent * 1000, 48_000_000), `memory grew by ${run.growth} bytes`);
});

// Closing

test("close() of a UDPSocket that is not open yet rejects with an InvalidStateError", async () => {
  const socket = new UDPSocket({ localAddress: LOOPBACK });
  const error = await rejection(socket.close());
  assert(error instanceof DOMException);
  assertEquals(error.name, "InvalidStateError");
  await socket.opened;
  await within(socket.close(), "close()");
});

staged("close() rejects with an InvalidStateError while a stream is locked", async (stage) => {
  const { socket, reader, writer } = await stage.bound();
  assertEquals((await rejection(socket.close())).name, "InvalidStateError");
  reader.releaseLock();
  assertEquals((await rejection(socket.close())).name, "InvalidStateError");
  writer.releaseLock();
  assertEquals(await within(socket.close(), "close()"), undefined);
});

test("close() ends both streams and frees the port, and closed resolves", async () => {
  const localPort = await freePort();
  const socket = new UDPSocket({ localAddress: LOOPBACK, localPort });
  const { readable, writable } = await socket.opened;
  const closed = socket.close();
  assertStrictEquals(closed, socket.closed);
  assertStrictEquals(socket.close(), closed);
  assertEquals(await within(closed, "closed"), undefined);
  assertStrictEquals(socket.close(), closed);
  assertEquals((await readable.getReader().read()).done, true);
  assertEquals((await rejection(writable.getWriter().write({ data: bytes("") }))).name, "AbortError");
  const again = new UDPSocket({ localAddress: LOOPBACK, localPort });
  await again.opened;
  await again.close();
});

staged("a UDPSocket is open until both of its halves are closed", async (stage) => {
  const [a, b] = [await stage.bound(), await stage.bound()];
  const toB = { remoteAddress: LOOPBACK, remotePort: b.localPort };
  await a.reader.cancel();
  await a.writer.write({ data: bytes("1"), ...toB });
  assertEquals(await readText(b), "1");
  await b.writer.close();
  await a.writer.write({ data: bytes("2"), ...toB });
  assertEquals(await readText(b), "2");
  await a.writer.close();
  assertEquals(await within(a.socket.closed, "closed"), undefined);
  assertEquals(await Promise.race([b.socket.closed.then(() => "closed"), turn().then(() => "open")]), "open");
});

staged("what was written before close() of the writable is sent", async (stage) => {
  const [a, b] = [await stage.bound(), await stage.bound()];
  const write = a.writer.write({ data: bytes("last"), remoteAddress: LOOPBACK, remotePort: b.localPort });
  await within(a.writer.close(), "close()");
  await write;
  assertEquals(await readText(b), "last");
});

staged("a pending write that is aborted rejects with the reason, and is not sent", async (stage) => {
  const [a, b] = [await stage.bound(), await stage.bound()];
  const reason = new Error("enough");
  let answer = (): void => {};
  await withLookup((_, __, done) => answer = () => done(null, LOOPBACK), async () => {
    const to = { remoteAddress: "peer.test", remotePort: b.localPort };
    const pending = rejection(a.writer.write({ data: bytes("pending"), ...to }));
    const queued = rejection(a.writer.write({ data: bytes("queued"), ...to }));
    await turn();
    await within(a.writer.abort(reason), "abort()");
    assertStrictEquals(await pending, reason);
    assertStrictEquals(await queued, reason);
    answer();
    await turn();
  });
  stage.raw().send("end", b.localPort, LOOPBACK);
  assertEquals(await readText(b), "end");
  await a.reader.cancel();
  assertEquals(await within(a.socket.closed, "closed"), undefined);
}, noSignal);

staged("writes that are aborted in their turn are not sent", async (stage) => {
  const [a, b] = [await stage.bound(), await stage.bound()];
  const to = { remoteAddress: LOOPBACK, remotePort: b.localPort };
  const writes = ["1", "2"].map((data) => rejection(a.writer.write({ data: bytes(data), ...to })));
  const reason = new Error("enough");
  await within(a.writer.abort(reason), "abort()");
  assertEquals(await Promise.all(writes), [reason, reason]);
  stage.raw().send("end", b.localPort, LOOPBACK);
  assertEquals(await readText(b), "end");
}, noSignal);

test("an echo through pipeTo ends with its signal, and the socket with it", { skip: noSignal }, async () => {
  const socket = new UDPSocket({ localAddress: LOOPBACK });
  const { readable, writable, localPort } = await socket.opened;
  const controller = new AbortController();
  const echo = rejection(readable.pipeTo(writable, { signal: controller.signal }));

  const client = new UDPSocket({ remoteAddress: LOOPBACK, remotePort: localPort });
  const streams = await client.opened;
  const [reader, writer] = [streams.readable.getReader(), streams.writable.getWriter()];
  await writer.write({ data: bytes("hello") });
  assertEquals(text((await within(reader.read(), "the echo")).value!.data), "hello");

  controller.abort();
  assertEquals((await echo).name, "AbortError");
  assertEquals(await within(socket.closed, "closed"), undefined);
  await reader.cancel();
  await writer.close();
  await within(client.closed, "closed");
});

test("a closed UDPSocket does not keep the process alive, nor does one that failed and that nobody looks at", async () => {
  const { stdout, stderr, code } = await spawnSelf("web/udp_socket", ["end"], { timeout: 100_000 });
  assertEquals({ stdout, code }, { stdout: "closed\n", code: 0 }, stderr);
});
