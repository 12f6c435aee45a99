/** How requests fail, and that nothing of them is left behind. */
import { test } from "node:test";
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import type { LookupFunction } from "@x/dgram";
import { bind, connect } from "@x/dgram/promises";
import type { AddressedRequestOptions, BoundSocket } from "@x/dgram/promises";
import process from "node:process";
import { errnoOf } from "../support/errno_of.ts";
import { spawnSelf } from "../support/child.ts";
import { freePort } from "../support/free_port.ts";
import { countedSignal } from "../support/counted_signal.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const LOOPBACK = "127.0.0.1";
const PEER = { port: 1000, address: LOOPBACK };
const LONG = 60_000;

test("a name that can't be found rejects the request", async () => {
  const backend = new ScriptedBackend();
  const lookup: LookupFunction = (hostname, _family, callback) => {
    if (hostname === "nowhere") setTimeout(() => callback(new Error("not found"), ""));
    else callback(null, hostname);
  };
  await using socket = await bind({ backend, lookup });
  const before = listenersOf(socket);
  await assertRejects(() => socket.request("x", { port: 1000, address: "nowhere" }), Error, "not found");
  assertEquals([backend.sent.length, listenersOf(socket)], [0, before]);
});

test("a datagram that can't be sent rejects the request at once", async () => {
  const { socket, backend } = await scripted();
  backend.answer = errnoOf("EMSGSIZE");
  const error = await assertRejects(() => socket.request("x", { ...PEER, timeout: LONG })) as NodeJS.ErrnoException;
  assertEquals([error.code, "index" in error, backend.sent.length], ["EMSGSIZE", false, 0]);
  await socket.close();
});

test("a request that the kernel has no room for ends in its time, and only one datagram of it waits", async () => {
  const { socket, backend } = await scripted();
  backend.answer = 0;
  const error = await assertRejects(() => socket.request("x", { ...PEER, timeout: 5, retries: 1 })) as Error;
  assertEquals(error.message, "No answer from 127.0.0.1:1000 to 1 datagram within 15 ms");
  assertEquals(socket.raw.getSendQueueCount(), 1);
  backend.answer = 1;
  backend.drain();
  assertEquals(backend.sent.map(({ text }) => text), ["x"]);
  await socket.close();
});

test("the refusal of a connected socket's peer rejects its requests at once, and is not kept for a reader", async () => {
  const backend = new ScriptedBackend();
  await using socket = await connect({ ...PEER, backend });
  const codes = Promise.all(
    [1, 2].map((n) => socket.request(`${n}`, { timeout: LONG }).catch((error: NodeJS.ErrnoException) => error.code)),
  );
  backend.fail(errnoOf("ECONNREFUSED"));
  assertEquals(await codes, ["ECONNREFUSED", "ECONNREFUSED"]);
  const next = socket.receive();
  backend.arrive("back again");
  assertEquals(String((await next).data), "back again");
});

test("a request to a port where nobody listens rejects with ECONNREFUSED on a connected socket", {
  skip: capabilities.features.icmpErrors === "native" ? false : "no ICMP errors here",
}, async () => {
  const port = await freePort();
  await using client = await connect(port, LOOPBACK);
  const error = await assertRejects(() => client.request("x", { timeout: LONG })) as NodeJS.ErrnoException;
  assertEquals(error.code, "ECONNREFUSED");
});

test("a refusal that a send is told rejects all requests that wait for that peer", async () => {
  for (const take of ["request", "send", "sendMany"] as const) {
    const backend = new ScriptedBackend();
    await using socket = await connect({ ...PEER, backend });
    const first = socket.request("first", { timeout: LONG }).catch((error: NodeJS.ErrnoException) => error.code);
    // Until it has left.
    await new Promise((done) => setTimeout(done));
    backend.answer = errnoOf("ECONNREFUSED");
    const second = take === "request"
      ? socket.request("second", { timeout: LONG })
      : take === "send"
      ? socket.send("second")
      : socket.sendMany([{ data: "second" }]);
    const error = await assertRejects(() => second) as NodeJS.ErrnoException;
    assertEquals([take, error.code, await first], [take, "ECONNREFUSED", "ECONNREFUSED"]);
  }
});

test("an error of a socket that is not connected is no request's", async () => {
  const { socket, backend } = await scripted();
  const answer = socket.request("x", { ...PEER, timeout: LONG });
  const reading = socket.receive().catch((error) => error.code);
  backend.fail(errnoOf("ENOBUFS"));
  assertEquals(await reading, "ENOBUFS");
  backend.arrive("answer");
  assertEquals(String((await answer).data), "answer");
  await socket.close();
});

test("a match that throws rejects its request, and the datagram goes on to others", async () => {
  const { socket, backend } = await scripted();
  const mistake = new Error("a mistake in match");
  const failing = socket.request("a", {
    ...PEER,
    timeout: LONG,
    match: () => {
      throw mistake;
    },
  });
  const reason = failing.catch((error) => error);
  backend.arrive("b");
  assertStrictEquals(await reason, mistake);
  assertEquals(String((await socket.receive()).data), "b");
  await socket.close();
});

test("a match that aborts its own request takes no datagram", async () => {
  const { socket, backend } = await scripted();
  const controller = new AbortController();
  const match = (): boolean => {
    controller.abort("in match");
    return true;
  };
  const reason = socket.request("a", { ...PEER, match, signal: controller.signal }).catch((reason) => reason);
  backend.arrive("b");
  assertEquals(await reason, "in match");
  assertEquals(String((await socket.receive()).data), "b");
  await socket.close();
});

test("an abort rejects a request with the signal's reason", async () => {
  const { socket } = await scripted();
  const counted = countedSignal();
  const reason = { why: "an object of my own" };
  const { signal } = counted;
  const requests = Array.from({ length: 30 }, () => socket.request("x", { ...PEER, timeout: LONG, signal }));
  const reasons = Promise.all(requests.map((request) => request.catch((reason) => reason)));
  // Node 18 and 20 warn of a leak at the eleventh listener of a signal.
  assertEquals(counted.listeners, 1);
  counted.abort(reason);
  for (const given of await reasons) assertStrictEquals(given, reason);
  assertStrictEquals(await socket.request("x", { ...PEER, signal }).catch((reason) => reason), reason);
  assertEquals(counted.listeners, 0);
  await socket.close();
});

test("an abort while its name is looked up rejects a request, and nothing is sent", async () => {
  const backend = new ScriptedBackend();
  let answer: () => void = () => {};
  const lookup: LookupFunction = (hostname, _family, callback) => {
    if (hostname === "slow") answer = () => callback(null, LOOPBACK);
    else callback(null, hostname);
  };
  await using socket = await bind({ backend, lookup });
  const counted = countedSignal();
  const request = socket.request("x", { port: 1000, address: "slow", signal: counted.signal }).catch((error) => error);
  counted.abort("no longer");
  assertEquals(await request, "no longer");
  answer();
  assertEquals([backend.sent.length, counted.listeners], [0, 0]);
});

test("a request whose look-up answers no address is rejected with EINVAL, as a send is", async () => {
  const backend = new ScriptedBackend();
  for (const answer of [null, 7, "", "no address"]) {
    let opened = false;
    const lookup = (name: string, family: unknown, done: (error: null, address: unknown, family: unknown) => void) =>
      void setTimeout(() => done(null, opened ? answer : name, family));
    const socket = await bind({ backend, address: LOOPBACK, lookup: lookup as LookupFunction });
    opened = true;
    const request = socket.request("x", { port: 1000, address: "a.name", timeout: LONG });
    assertEquals(await request.catch(({ code }) => code), "EINVAL", JSON.stringify(answer));
    await socket.close();
  }
  assertEquals(backend.sent, []);
});

test("closing the socket rejects its requests", async () => {
  const { socket } = await scripted();
  const request = socket.request("x", { ...PEER, timeout: LONG }).catch((error) => error.code);
  await socket.close();
  assertEquals(await request, "ERR_SOCKET_DGRAM_NOT_RUNNING");
});

// What is wrong is given on purpose.
// deno-lint-ignore no-explicit-any
type Wrong = any;

const wrong: readonly (readonly [what: string, options: Wrong, code: string])[] = [
  ["a missing port", { address: LOOPBACK }, "ERR_SOCKET_BAD_PORT"],
  ["no options", undefined, "ERR_SOCKET_BAD_PORT"],
  ["null for options", null, "ERR_INVALID_ARG_TYPE"],
  ["an address of another type", { port: 9, address: 5 }, "ERR_INVALID_ARG_TYPE"],
  ["a match that is no function", { ...PEER, match: /x/ }, "ERR_INVALID_ARG_TYPE"],
  ["a timeout that is no number", { ...PEER, timeout: "5" }, "ERR_INVALID_ARG_TYPE"],
  ["a timeout of 0", { ...PEER, timeout: 0 }, "ERR_OUT_OF_RANGE"],
  ["a timeout that no timer can wait", { ...PEER, timeout: 2 ** 31 }, "ERR_OUT_OF_RANGE"],
  ["a timeout that is not a number", { ...PEER, timeout: NaN }, "ERR_OUT_OF_RANGE"],
  ["half a retry", { ...PEER, retries: 0.5 }, "ERR_OUT_OF_RANGE"],
  ["retries below 0", { ...PEER, retries: -1 }, "ERR_OUT_OF_RANGE"],
  ["a signal that is none", { ...PEER, signal: {} }, "ERR_INVALID_ARG_TYPE"],
];

for (const [what, options, code] of wrong) {
  test(`request() rejects ${what}, and sends nothing`, async () => {
    const { socket, backend } = await scripted();
    const error = await assertRejects(() => socket.request("x", options)) as NodeJS.ErrnoException;
    assertEquals([error.code, backend.sent.length], [code, 0]);
    await socket.close();
  });
}

test("request() rejects data of another type", async () => {
  const { socket } = await scripted();
  const error = await assertRejects(() => socket.request(5 as Wrong, PEER)) as NodeJS.ErrnoException;
  assertEquals([error.code, "index" in error], ["ERR_INVALID_ARG_TYPE", false]);
  await socket.close();
});

test("requests leave no timer, socket or listener behind, however they end", async () => {
  const { socket, backend } = await scripted();
  const counted = countedSignal();
  const { signal } = counted;
  const before = { listeners: listenersOf(socket), timers: activeTimers() };
  const ask = (more: Partial<AddressedRequestOptions>): Promise<unknown> =>
    socket.request("x", { ...PEER, timeout: LONG, signal, ...more }).catch((error) => error);
  const answered = ask({});
  backend.arrive("answer");
  const ended = [
    answered,
    ask({ timeout: 1, retries: 1, port: 1001 }),
    ask({ signal: AbortSignal.timeout(1) }),
    ask({
      port: 1002,
      match: () => {
        throw new Error("a mistake");
      },
    }),
  ];
  backend.arrive("y", 1002);
  await Promise.all(ended);
  assertEquals({ listeners: listenersOf(socket), timers: activeTimers() }, before);
  assertEquals(counted.listeners, 0);
  await socket.close();
});

for (const end of ["an answer", "an abort", "a timeout", "a close"]) {
  test(`after ${end} nothing of a request keeps the process alive`, async () => {
    const { stdout, stderr, code, timedOut } = await spawnSelf("promises/request", [end], { timeout: 100_000 });
    assertEquals(
      { stdout, code, timedOut },
      { stdout: `${end}\nnothing left to do\n`, code: 0, timedOut: false },
      stderr,
    );
  });
}

async function scripted(): Promise<{ socket: BoundSocket; backend: ScriptedBackend }> {
  const backend = new ScriptedBackend();
  return { socket: await bind({ backend }), backend };
}

function listenersOf({ raw }: BoundSocket): Record<string, number> {
  return Object.fromEntries(raw.eventNames().map((name) => [String(name), raw.listenerCount(name)]));
}

/** Deno 2.9.5 and Bun 1.4.5 answer an empty or partial list. */
function activeTimers(): number {
  return (process.getActiveResourcesInfo?.() ?? []).filter((name) => name === "Timeout").length;
}
