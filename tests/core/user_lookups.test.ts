/** Look-ups whose answers end the process on Node 26's own node:dgram, so that no scenario can play them there. */
import { assertEquals, assertThrows } from "@std/assert";
import { once } from "node:events";
import { test } from "node:test";
import { type Backend, createSocket, type LookupFunction } from "@x/dgram";
import { errnoOf } from "../support/errno_of.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";
import { within } from "../support/within.ts";

for (const answer of [undefined, null, 127, {}, []]) {
  test(`a look-up that answers ${JSON.stringify(answer)} ends the send with EINVAL, and the socket goes on`, async () => {
    const lookup = ((name: string, family: number, done: (error: null, address: unknown, family: number) => void) =>
      done(null, name === "x" ? answer : name, family)) as unknown as LookupFunction;
    const socket = createSocket({ type: "udp4", lookup });
    socket.bindSync({ address: "127.0.0.1" });
    const sent = (host: string): Promise<unknown> =>
      new Promise((resolve) =>
        socket.send("x", 9, host, (error) =>
          resolve(error === null ? "sent" : (error as NodeJS.ErrnoException).code))
      );
    assertEquals(await within(sent("x"), "the callback"), "EINVAL");
    assertEquals(await within(sent("127.0.0.1"), "the next callback"), "sent");
    const closed = once(socket, "close");
    socket.close();
    await within(closed, "'close'");
  });
}

test("a name that is not found keeps the errno that the runtime has for it, where that is one", async () => {
  const noName = -3008;
  const noData = -3007;
  for (const [told, expected] of [[noData, noData], [noName, noName], [4, noName], [undefined, noName]]) {
    const lookup: Backend["lookup"] = (_name, _family, done) =>
      done(Object.assign(new Error("not found"), { code: "ENOTFOUND", errno: told }), "");
    const socket = createSocket({ type: "udp4", backend: Object.assign(new ScriptedBackend(), { lookup }) });
    socket.bindSync();
    const error = await within(
      new Promise<NodeJS.ErrnoException>((resolve) =>
        socket.send("x", 9, "a.name", (error) => resolve(error as NodeJS.ErrnoException))
      ),
      "the callback",
    );
    const { message, errno, code, syscall } = error;
    assertEquals([message, code, syscall], ["getaddrinfo ENOTFOUND a.name", "ENOTFOUND", "getaddrinfo"]);
    assertEquals(errno, expected);
    socket.close();
  }
});

test("look-ups that never answer hold a socket's close() up once, however many they are", async () => {
  const lookup: LookupFunction = (name, family, done) => {
    if (name === "127.0.0.1") done(null, name, family);
  };
  const socket = createSocket({ type: "udp4", lookup });
  socket.bindSync({ address: "127.0.0.1" });
  const codes: unknown[] = [];
  for (let i = 0; i < 100; i++) {
    socket.send(`${i}`, 9, `host${i % 7}`, (error) => codes.push((error as NodeJS.ErrnoException).code));
  }
  const closed = once(socket, "close");
  socket.close();
  await within(closed, "'close'");
  assertEquals(codes, Array(100).fill("ECANCELED"));
});

test("a bind whose look-up never answers does not hold close() up for ever, and what waits for it is canceled", async () => {
  const socket = createSocket({ type: "udp4", lookup: () => {} });
  const told: unknown[] = [];
  socket.bind(0, "nowhere", () => told.push("listening"));
  socket.send("x", 9, "127.0.0.1", (error) => told.push((error as NodeJS.ErrnoException).code));
  const many = socket.sendMany([{ data: "y", port: 9 }]).catch((error) => told.push(`sendMany ${error.code}`));
  const closed = once(socket, "close").then(() => told.push("close"));
  socket.close();
  await within(Promise.all([many, closed]), "'close'");
  // A promise's end has no order with a callback's.
  assertEquals(told.slice(0, 2).sort(), ["ECANCELED", "sendMany ECANCELED"]);
  assertEquals(told.slice(2), ["close"]);
});

test("a send() of a socket that is closed as that binds it says that it is closed, and sendMany() rejects", async () => {
  const lookup: LookupFunction = (name, family, done) => done(null, name, family);
  const closeWhenBound = (): ReturnType<typeof createSocket> => {
    const socket = createSocket({ type: "udp4", lookup });
    socket.on("listening", () => socket.close());
    return socket;
  };
  const [sender, manySender] = [closeWhenBound(), closeWhenBound()];
  const closed = [sender, manySender].map((socket) => once(socket, "close"));
  assertThrows(() => sender.send("x", 9, "127.0.0.1", () => {}), Error, "Not running");
  const many = manySender.sendMany([{ data: "y", port: 9, address: "127.0.0.1" }]).catch((error) => error.code);
  await within(Promise.all(closed), "'close'");
  assertEquals(await within(many, "the end of sendMany()"), "ECANCELED");
});

test("what waits behind a listener of 'listening' that throws is called back when something else fails", async () => {
  const backend = new ScriptedBackend();
  const codes: unknown[] = [];
  const lookup: LookupFunction = (name, family, done) => {
    if (codes.length === 0) {
      codes.push("asked");
      socket.send("x", 9, "127.0.0.1", (error) => codes.push((error as NodeJS.ErrnoException | null)?.code));
    }
    done(null, name, family);
  };
  const socket = createSocket({ type: "udp4", backend, lookup });
  socket.on("error", () => codes.push("error"));
  socket.on("listening", () => {
    throw new Error("of a listener");
  });
  assertThrows(() => socket.bind(0, "127.0.0.1"), Error, "of a listener");
  backend.fail(errnoOf("ECONNREFUSED"));
  const closed = once(socket, "close");
  socket.close();
  await within(closed, "'close'");
  assertEquals(codes, ["asked", "error", "ECANCELED"]);
});

test("what is sent to a name leaves in the order of the calls, though later look-ups of it answer first", () => {
  const answers: (() => void)[] = [];
  const lookup: LookupFunction = (_name, family, done) => void answers.push(() => done(null, "127.0.0.1", family));
  const backend = new ScriptedBackend();
  const socket = createSocket({ type: "udp4", lookup, backend });
  socket.bindSync({ port: 0 });
  const send = (text: string): void => socket.send(text, 9, "somewhere");
  const left = (): string[] => backend.sent.splice(0).map(({ text }) => text);
  for (const text of ["one", "two"]) send(text);
  answers[0]();
  assertEquals(left(), ["one"]);
  send("three");
  answers[2]();
  assertEquals(left(), []);
  answers[1]();
  assertEquals(left(), ["two", "three"]);
  send("four");
  answers[3]();
  assertEquals(left(), ["four"]);
  socket.close();
});

test("a name that the backend's permissions refuse is not looked up, and the error says so", async () => {
  const asked: string[] = [];
  const backend = Object.assign(new ScriptedBackend(), {
    mayLookUp: (name: string) => name !== "secret.test",
    lookup: (name: string, _family: number, done: (error: null, address: string) => void) => {
      asked.push(name);
      done(null, "127.0.0.1");
    },
  });
  const socket = createSocket({ type: "udp4", backend });
  socket.bindSync();
  const sent = (name: string): Promise<unknown> =>
    within(new Promise((resolve) => socket.send("x", 9, name, (error) => resolve(error))), "the callback");
  const { code, errno, syscall, hostname } = await sent("secret.test") as NodeJS.ErrnoException & { hostname: string };
  assertEquals([code, errno, syscall, hostname], [
    "ERR_ACCESS_DENIED",
    errnoOf("EACCES"),
    "getaddrinfo",
    "secret.test",
  ]);
  assertEquals(await sent("open.test"), null);
  assertEquals([asked, backend.sent.length], [["open.test"], 1]);
  socket.close();
});

test("what a backend's look-up fails with is told as node:dns would, if it has the code of a system's error", async () => {
  const codes = ["ENOTFOUND", "NOT_EVEN", undefined];
  const backend = Object.assign(new ScriptedBackend(), {
    lookup: (name: string, _family: number, done: (error: Error, address: string) => void) =>
      done(Object.assign(new Error("from the backend"), { code: codes[Number(name[0])] }), ""),
  });
  const socket = createSocket({ type: "udp4", backend });
  socket.bindSync();
  const sent = (name: string): Promise<string> =>
    within(new Promise((resolve) => socket.send("x", 9, name, (error) => resolve(error!.message))), "the callback");
  assertEquals(await sent("0.test"), "getaddrinfo ENOTFOUND 0.test");
  assertEquals(await sent("1.test"), "from the backend");
  assertEquals(await sent("2.test"), "getaddrinfo ENOTFOUND 2.test");
  socket.close();
});

for (const how of ["close", "abort"] as const) {
  test(`a look-up that ${how}s the socket while what waited for the bind is carried out has the rest end before 'close'`, async () => {
    const controller = new AbortController();
    const backend = new ScriptedBackend();
    let bind = (): void => {};
    let connect = (): void => {};
    const lookup: LookupFunction = (name, family, done) => {
      const answer = (): void => done(null, "127.0.0.1", family);
      if (name === "bound") bind = answer;
      else if (name === "closing") {
        if (how === "close") socket.close();
        else controller.abort();
        connect = answer;
      } else if (how === "close") answer();
    };
    const socket = createSocket({ type: "udp4", backend, lookup, signal: controller.signal });
    const ends: unknown[] = [];
    let afterClose = 0;
    backend.onSent = () => afterClose += backend.closed;
    const code = (error: unknown): unknown => (error as NodeJS.ErrnoException | null)?.code ?? "sent";
    const closed = once(socket, "close").then(() => ends.push("close"));
    socket.bind(0, "bound");
    socket.connect(9, "closing");
    socket.send("one", 9, "peer", (error) => ends.push(code(error)));
    const many = socket.sendMany([{ data: "two", port: 9, address: "peer" }]).then(() => "sent", code);
    bind();
    await within(closed, "'close'");
    connect();
    const end = how === "close" ? "sent" : "ECANCELED";
    assertEquals(afterClose, 0);
    assertEquals([ends, await within(many, "the end of sendMany()")], [[end, "close"], end]);
    assertEquals(backend.sent.map(({ text }) => text), how === "close" ? ["one", "two"] : []);
  });
}

test("a listener of 'error' that closes the socket while what waited for the bind is carried out keeps nothing from leaving", async () => {
  const backend = new ScriptedBackend({ membership: "native" });
  const open = backend.open.bind(backend);
  backend.open = (options, host) => Object.assign(open(options, host), { join: () => errnoOf("EADDRINUSE") });
  const socket = createSocket({ type: "udp4", backend });
  const ends: unknown[] = [];
  socket.on("error", (error) => {
    ends.push((error as NodeJS.ErrnoException).code);
    socket.close();
  });
  const closed = new Promise<void>((done) => socket.on("close", () => done(void ends.push("close"))));
  socket.bind(0, "127.0.0.1");
  socket.addMembership("239.1.2.3");
  socket.send("one", 9, "127.0.0.1", (error) => ends.push(error));
  await within(closed, "'close'");
  assertEquals([ends, backend.sent.length], [["EADDRINUSE", null, "close"], 1]);
});

for (const how of ["close", "abort"] as const) {
  test(`a look-up that answers in its call, and ${how}s the socket then, has its send called back before 'close'`, async () => {
    const controller = new AbortController();
    const told: unknown[] = [];
    const lookup: LookupFunction = (_name, family, done) => {
      done(null, "127.0.0.1", family);
      if (how === "close") socket.close();
      else controller.abort();
    };
    const socket = createSocket({ type: "udp4", backend: new ScriptedBackend(), lookup, signal: controller.signal });
    const closed = new Promise<void>((done) => socket.on("close", () => done(void told.push("close"))));
    socket.bindSync({ address: "127.0.0.1" });
    socket.send("x", 9, "a.name", (error) => told.push(error));
    await within(closed, "'close'");
    assertEquals(told, [null, "close"]);
  });
}

test("an 'error' of something else amid a bind ends nothing that waits for it", async () => {
  const told: unknown[] = [];
  let answer = (): void => {};
  const lookup: LookupFunction = (name, family, done) => {
    answer = () => done(null, "127.0.0.1", family);
    if (name !== "slow.test") answer();
  };
  const socket = createSocket({ type: "udp4", backend: new ScriptedBackend(), lookup, maxSendQueueCount: 1 });
  socket.on("error", (error) => {
    told.push((error as NodeJS.ErrnoException).code);
    answer();
  });
  socket.bind(0, "slow.test", () => told.push("bound"));
  socket.send("one", 9, "127.0.0.1", (error) => told.push(error));
  socket.send("one too many", 9, "127.0.0.1");
  const closed = new Promise<void>((done) => socket.on("close", done));
  socket.close();
  await within(closed, "'close'");
  assertEquals(told, ["ERR_SOCKET_DGRAM_QUEUE_FULL", "bound", null]);
});

test("a listener of 'newListener' that throws in the first send() keeps no socket from closing", async () => {
  const socket = createSocket({ type: "udp4", backend: new ScriptedBackend() });
  socket.once("newListener", () => {
    throw new Error("of a listener");
  });
  assertThrows(() => socket.send("x", 9, "127.0.0.1"), Error, "of a listener");
  const closed = once(socket, "close");
  socket.close();
  await within(closed, "'close'");
});
