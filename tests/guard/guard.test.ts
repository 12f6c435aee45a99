/** A guard between a socket and its program. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createSocket, type RemoteInfo, Socket, type SocketOptions } from "@x/dgram";
import { answeringPorts, type Guard, guard, type GuardOptions } from "@x/dgram/guard";
import { bind } from "@x/dgram/promises";
import { UDPSocket } from "@x/dgram/web";
import { Buffer } from "node:buffer";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { BlockList } from "node:net";
import { test } from "node:test";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const SOURCE = { address: "192.0.2.1", port: 5000 };

interface Code {
  readonly code?: string;
}

/** The code of the error that a callback gets, or how many bytes were sent. */
function sent(socket: Socket, length: number, { address, port } = SOURCE): Promise<string | number> {
  return new Promise((done) => {
    socket.send(Buffer.alloc(length), port, address, (error, bytes) => done((error as Code | null)?.code ?? bytes));
  });
}

function scripted(options: GuardOptions = {}, more: Partial<SocketOptions> = {}): {
  backend: ScriptedBackend;
  socket: Socket;
  watch: Guard;
} {
  const backend = new ScriptedBackend();
  const socket = createSocket({ type: "udp4", backend, ...more });
  const watch = guard(socket, options);
  socket.bindSync({ address: "127.0.0.1" });
  return { backend, socket, watch };
}

test("an answer beyond three times the question is refused in its callback, and the next that fits is sent", async () => {
  const { backend, socket, watch } = scripted();
  assertEquals(await sent(socket, 0), "ERR_SOCKET_DGRAM_AMPLIFICATION");
  backend.arrive("0123456789", SOURCE.port, SOURCE.address);
  assertEquals(await sent(socket, 31), "ERR_SOCKET_DGRAM_AMPLIFICATION");
  assertEquals(await sent(socket, 10), 10);
  assertEquals(await sent(socket, 20), 20);
  assertEquals(await sent(socket, 1), "ERR_SOCKET_DGRAM_AMPLIFICATION");
  assertEquals(await sent(socket, 1, { ...SOURCE, port: 5001 }), "ERR_SOCKET_DGRAM_AMPLIFICATION");
  const { admitted, passed, amplification, unasked } = watch.counts;
  assertEquals({ admitted, passed, amplification, unasked }, { admitted: 1, passed: 2, amplification: 2, unasked: 2 });
  socket.close();
});

test("headers count: of many small datagrams no more are sent than three times with their headers", async () => {
  const { backend, socket } = scripted();
  backend.arrive("0123456789", SOURCE.port, SOURCE.address);
  const ends = [];
  for (let count = 0; count < 5; count++) ends.push(await sent(socket, 1));
  // 3 × 38 bytes hold three of 29.
  assertEquals(ends, [1, 1, 1, "ERR_SOCKET_DGRAM_AMPLIFICATION", "ERR_SOCKET_DGRAM_AMPLIFICATION"]);
  socket.close();
});

test("a refused send without a callback tells nobody, and ends no process", async () => {
  const { socket, watch } = scripted();
  socket.send("too much", SOURCE.port, SOURCE.address);
  await new Promise((done) => socket.close(() => done(undefined)));
  assertEquals(watch.counts.unasked, 1);
});

test("sendMany names the first message that was refused, and sends the others", async () => {
  const { backend, socket } = scripted();
  backend.arrive("0123456789", SOURCE.port, SOURCE.address);
  const message = (length: number, port = SOURCE.port) => ({
    data: Buffer.alloc(length),
    port,
    address: SOURCE.address,
  });
  const error = await assertRejects(() => socket.sendMany([message(8), message(8, 9), message(8), message(80)]));
  const { code, index, sent: count } = error as Error & { code: string; index: number; sent: number };
  assertEquals({ code, index, count }, { code: "ERR_SOCKET_DGRAM_AMPLIFICATION", index: 1, count: 2 });
  socket.close();
});

test("what is validated gets all, until it is taken back; what is trusted always", async () => {
  const trusted = new BlockList();
  trusted.addAddress("192.0.2.99");
  const { socket, watch } = scripted({ trusted });
  watch.validate(SOURCE);
  assertEquals(await sent(socket, 1000), 1000);
  assertEquals(watch.isValidated(SOURCE), true);
  assertEquals(watch.isValidated({ ...SOURCE, port: 1 }), false);
  watch.invalidate(SOURCE);
  assertEquals(await sent(socket, 1), "ERR_SOCKET_DGRAM_AMPLIFICATION");
  assertEquals(await sent(socket, 1000, { address: "192.0.2.99", port: 53 }), 1000);
  socket.close();
});

test("a connected socket sends to its peer whatever it likes", async () => {
  const { socket, watch } = scripted();
  socket.connectSync(SOURCE.port, SOURCE.address);
  await new Promise((done) => socket.send(Buffer.alloc(500), done));
  assertEquals(watch.counts.passed + watch.counts.unasked, 0);
  socket.close();
});

test("no listener of whatever kind hears what is refused, and pause, once and subclasses stay what they are", () => {
  class Louder extends Socket {
    override emit(event: string | symbol, ...values: unknown[]): boolean {
      if (event === "message") values[0] = `${values[0]}!`;
      return super.emit(event as "error", ...values as [Error]);
    }
  }
  const backend = new ScriptedBackend();
  const socket = new Louder({ type: "udp4", backend });
  const heard: string[] = [];
  socket.on("message", (message) => heard.push(`on ${message}`));
  guard(socket);
  socket.once("message", (message) => heard.push(`once ${message}`));
  socket.prependListener("message", (message) => heard.push(`first ${message}`));
  socket.bindSync({ address: "127.0.0.1" });
  backend.arrive("echo", 7, SOURCE.address);
  backend.arrive("a", SOURCE.port, SOURCE.address);
  backend.arrive("b", SOURCE.port, SOURCE.address);
  assertEquals(heard, ["first a!", "on a!", "once a!", "first b!", "on b!"]);
  assertEquals(Object.keys(socket).includes("emit"), false);
  socket.close();
});

test("of a batch the refused ones are left out, and a batch of them alone is none", () => {
  const { backend, socket, watch } = scripted({}, { batchMessages: true });
  const batches: string[][] = [];
  socket.on("messages", (messages) => batches.push(messages.map(({ data }) => String(data))));
  for (const [text, port] of [["a", 5000], ["b", 19], ["c", 5001]] as const) backend.arrive(text, port, SOURCE.address);
  socket.emit("messages", [] as never);
  assertEquals(batches, [["a"], ["c"], []]);
  assertEquals(watch.counts.sourcePort, 1);
  socket.close();
});

test("what only a program can emit passes by, and other events do", () => {
  const { socket, watch } = scripted();
  const heard: unknown[][] = [];
  socket.on("message", (...values: unknown[]) => heard.push(values));
  socket.on("other" as "error", (...values: unknown[]) => heard.push(values));
  const emit = socket.emit.bind(socket) as (event: string, ...values: unknown[]) => boolean;
  assertEquals([emit("message", "text"), emit("message"), emit("nobody"), emit("other", 1, 2, 3, 4)], [
    true,
    true,
    false,
    true,
  ]);
  emit("message", Buffer.from("x"), { address: "no address", port: 1, family: "IPv4" } as unknown as RemoteInfo);
  assertEquals(heard.length, 4);
  assertEquals(watch.counts.admitted, 1);
  socket.close();
});

test("a second guard of one socket is refused; after stop() the socket is as it was", async () => {
  const { backend, socket, watch } = scripted();
  assertEquals(assertThrows(() => guard(socket)) instanceof Error, true);
  watch.stop();
  const heard: string[] = [];
  socket.on("message", (message) => heard.push(String(message)));
  backend.arrive("heard", 7, SOURCE.address);
  assertEquals(heard, ["heard"]);
  assertEquals(await sent(socket, 3000), 3000);
  assertEquals(Object.hasOwn(socket, "emit"), false);
  guard(socket).stop();
  socket.close();
});

test("a validated source is one as long as it was said, also where nothing comes meanwhile", async () => {
  const { socket, watch } = scripted({ validFor: 1 });
  watch.validate(SOURCE);
  const until = Date.now() + 20;
  while (Date.now() < until) await new Promise((done) => setTimeout(done, 5));
  assertEquals(await sent(socket, 1), "ERR_SOCKET_DGRAM_AMPLIFICATION");
  socket.close();
});

test("a guard that was asked before the bind knows the socket's own address after it", () => {
  const backend = new ScriptedBackend();
  const socket = createSocket({ type: "udp4", backend });
  const watch = guard(socket);
  watch.validate(SOURCE);
  assertEquals(watch.isValidated(SOURCE), true);
  socket.bindSync({ address: "127.0.0.1" });
  const { address, port } = socket.address();
  backend.arrive("from itself", port, address);
  assertEquals([watch.counts.ownAddress, watch.counts.admitted], [1, 0]);
  socket.close();
});

test("what a trusted list throws is told to who sends, and to nobody else's datagrams", async () => {
  const { socket, watch } = scripted();
  watch.stop();
  const trusted = new BlockList();
  const thrown = new Error("the list's own");
  trusted.check = (address) => {
    if (address === SOURCE.address) throw thrown;
    return true;
  };
  guard(socket, { trusted });
  const other = { data: "x", port: 5, address: "192.0.2.2" };
  const batch = socket.sendMany([{ data: "x", ...SOURCE }, other]);
  assertEquals((await assertRejects(() => batch) as { index?: number; sent?: number }).sent, 1);
  assertEquals(await new Promise((done) => socket.send("x", 5000, SOURCE.address, done)), thrown);
  socket.close();
});

test("an old guard that is stopped once more leaves the socket to the new one", () => {
  const { socket, watch } = scripted();
  watch.stop();
  const next = guard(socket);
  watch.stop();
  assertThrows(() => guard(socket), Error, "guard");
  next.stop();
  guard(socket).stop();
  socket.close();
});

test("a socket of the promises entry is guarded by the one below it", async () => {
  const server = await bind({ address: "127.0.0.1" });
  const client = await bind({ address: "127.0.0.1" });
  const watch = guard(server);
  await client.send("hello, hello", server.address().port, "127.0.0.1");
  const { port, address } = await server.receive();
  await server.send("hello", port, address);
  await assertRejects(() => server.send(Buffer.alloc(100), port, address), Error, "More than 3 times");
  assertEquals([watch.counts.passed, watch.counts.amplification], [1, 1]);
  await client.close();
  await server.close();
});

test("a guard stands before sockets that others make, by the channel that tells of them", async () => {
  const watches: Guard[] = [];
  const others: string[] = [];
  // On Node the runtime's own sockets are told of, too, with those below ours.
  const onSocket = (message: unknown): void => {
    try {
      watches.push(guard((message as { socket: Socket }).socket));
    } catch (error) {
      others.push((error as Code).code!);
    }
  };
  subscribe("udp.socket", onSocket);
  const server = new UDPSocket({ localAddress: "127.0.0.1" });
  const { readable, writable, localPort } = await server.opened;
  unsubscribe("udp.socket", onSocket);
  const client = createSocket("udp4");
  client.bindSync({ address: "127.0.0.1" });
  client.send("hello", localPort!, "127.0.0.1");
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  const { value } = await reader.read();
  const { remoteAddress, remotePort } = value!;
  await assertRejects(() => writer.write({ data: new Uint8Array(100), remoteAddress, remotePort }));
  assertEquals(watches.map(({ counts }) => [counts.admitted, counts.amplification]), [[1, 1]]);
  assertEquals(others.filter((code) => code !== "ERR_INVALID_ARG_TYPE"), []);
  client.close();
  await reader.cancel();
  await server.closed.catch(() => {});
});

test("what is no socket and what is no option is refused by code", () => {
  const socket = createSocket({ type: "udp4", backend: new ScriptedBackend() });
  const code = (call: () => unknown): string | undefined => {
    try {
      call();
      return undefined;
    } catch (error) {
      return (error as Code).code;
    }
  };
  const wrong = (options: unknown): string | undefined => code(() => guard(socket, options as GuardOptions));
  assertEquals(code(() => guard({} as Socket)), "ERR_INVALID_ARG_TYPE");
  assertEquals(code(() => guard(null as unknown as Socket)), "ERR_INVALID_ARG_TYPE");
  assertEquals(code(() => guard({ raw: {} } as { raw: Socket })), "ERR_INVALID_ARG_TYPE");
  for (
    const [options, expected] of [
      [null, "ERR_INVALID_ARG_TYPE"],
      [{ amplification: 0 }, "ERR_OUT_OF_RANGE"],
      [{ amplification: NaN }, "ERR_OUT_OF_RANGE"],
      [{ rate: { datagrams: 0 } }, "ERR_OUT_OF_RANGE"],
      [{ rate: { burst: Infinity } }, "ERR_OUT_OF_RANGE"],
      [{ rate: 5 }, "ERR_INVALID_ARG_TYPE"],
      [{ sourcePorts: [65536] }, "ERR_SOCKET_BAD_PORT"],
      [{ sourcePorts: 7 }, "ERR_INVALID_ARG_TYPE"],
      [{ samePort: "no" }, "ERR_INVALID_ARG_TYPE"],
      [{ trusted: {} }, "ERR_INVALID_ARG_TYPE"],
      [{ sources: 1000 }, "ERR_OUT_OF_RANGE"],
      [{ buckets: 128 }, "ERR_OUT_OF_RANGE"],
      [{ token: { secret: "short" } }, "ERR_OUT_OF_RANGE"],
      [{ token: { secret: [] } }, "ERR_INVALID_ARG_VALUE"],
      [{ token: { lifetime: 0 } }, "ERR_OUT_OF_RANGE"],
    ] as const
  ) {
    assertEquals([options, wrong(options)], [options, expected]);
  }
  assertEquals(wrong({ rate: { datagrams: Infinity, bytes: Infinity }, sourcePorts: [] }), undefined);
  assert(Object.isFrozen(answeringPorts));
});
