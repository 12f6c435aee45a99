/** A look-up that remembers. */
import { test } from "node:test";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { cachedLookup, createSocket } from "@x/dgram";
import type { LookupFunction } from "@x/dgram";
import { bind } from "@x/dgram/promises";
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const LOOPBACK = "127.0.0.1";

test("many sends to one host name ask once, and all arrive in order", async () => {
  const { asked, lookup } = counting();
  const receiver = createSocket("udp4");
  receiver.bind(0, LOOPBACK);
  await once(receiver, "listening");
  const heard: string[] = [];
  const all = new Promise<void>((resolve) => {
    receiver.on("message", (message) => {
      if (heard.push(String(message)) === 50) resolve();
    });
  });
  const sender = createSocket({ type: "udp4", lookup: cachedLookup({ lookup }) });
  for (let n = 0; n < 50; n++) sender.send(`${n}`, receiver.address().port, n % 2 === 0 ? "server" : LOOPBACK);
  await all;
  assertEquals(asked, ["4 server"]);
  const [named, numeric] = [0, 1].map((rest) => heard.filter((text) => Number(text) % 2 === rest));
  assertEquals(named, Array.from({ length: 25 }, (_, n) => `${n * 2}`));
  assertEquals(numeric, Array.from({ length: 25 }, (_, n) => `${n * 2 + 1}`));
  sender.close();
  receiver.close();
});

test("a slow look-up keeps the order, and maxSendQueueCount bounds what waits for it", async () => {
  const backend = new ScriptedBackend();
  let answer: () => void = () => {};
  const lookup: LookupFunction = (hostname, _family, callback) => {
    if (hostname === "slow") answer = () => callback(null, LOOPBACK);
    else callback(null, hostname);
  };
  await using socket = await bind({ backend, lookup: cachedLookup({ lookup }), maxSendQueueCount: 3 });
  const sends = Array.from({ length: 10 }, (_, n) => socket.send(`${n}`, 1000, "slow").catch(({ code }) => code));
  const late = await Promise.all(sends.slice(3));
  assertEquals(late, Array(7).fill("ERR_SOCKET_DGRAM_QUEUE_FULL"));
  assertEquals(backend.sent.length, 0);
  answer();
  assertEquals(await Promise.all(sends.slice(0, 3)), [1, 1, 1]);
  assertEquals(backend.sent.map(({ text }) => text), ["0", "1", "2"]);
});

test("dns.lookup is asked unless another is given", async () => {
  const cached = cachedLookup();
  assertEquals(await ask(cached, "localhost"), [null, LOOPBACK, 4]);
  assertEquals(await ask(cached, "localhost"), [null, LOOPBACK, 4]);
});

test("a failure comes as dns.lookup's does, is told to all who wait, and is not kept", async () => {
  const { asked, lookup, answers } = counting();
  const cached = cachedLookup({ lookup });
  const mistake = new Error("not found");
  answers.error = mistake;
  const failed = await Promise.all([ask(cached, "server"), ask(cached, "server")]);
  for (const [error] of failed) assertStrictEquals(error, mistake);
  answers.error = null;
  assertEquals(await ask(cached, "server"), [null, LOOPBACK, 4]);
  assertEquals(asked, ["4 server", "4 server"]);
});

test("look-ups of one name and family at the same time are joined", async () => {
  const { asked, lookup } = counting();
  const cached = cachedLookup({ lookup });
  const all = [ask(cached, "a"), ask(cached, "a"), ask(cached, "b"), ask(cached, "a", 6)];
  assertEquals(await Promise.all(all), [
    [null, LOOPBACK, 4],
    [null, LOOPBACK, 4],
    [null, LOOPBACK, 4],
    [null, "::1", 6],
  ]);
  assertEquals(asked, ["4 a", "4 b", "6 a"]);
});

test("an answer is asked for again when its time is over", async () => {
  const { asked, lookup } = counting();
  const cached = cachedLookup({ lookup, ttl: 20 });
  await ask(cached, "a");
  const answered = performance.now();
  while (performance.now() - answered < 25) await new Promise((resolve) => setTimeout(resolve, 5));
  await ask(cached, "a");
  assertEquals(asked, ["4 a", "4 a"]);
});

test("an answer with an infinite time is kept", async () => {
  const { asked, lookup } = counting();
  const cached = cachedLookup({ lookup, ttl: Infinity });
  await ask(cached, "a");
  await ask(cached, "a");
  assertEquals(asked, ["4 a"]);
});

test("of more names than are kept, the one used longest ago goes", async () => {
  const { asked, lookup } = counting();
  const cached = cachedLookup({ lookup, max: 2 });
  for (const name of ["a", "b", "a", "c"]) await ask(cached, name);
  asked.length = 0;
  for (const name of ["a", "c", "b", "c", "a"]) await ask(cached, name);
  assertEquals(asked, ["4 b", "4 a"]);
});

test("a numeric address is answered without asking, and never in the call", async () => {
  const { asked, lookup } = counting();
  const cached = cachedLookup({ lookup });
  for (const address of ["10.1.2.3", "::1", "fe80::1%lo"]) {
    let called = false;
    const answer = new Promise((resolve) => {
      cached(address, 4, (...given) => {
        called = true;
        resolve(given);
      });
    });
    assertEquals(called, false);
    assertEquals(await answer, [null, address, address === "10.1.2.3" ? 4 : 6]);
  }
  assertEquals(asked, []);
});

test("a known name is not answered in the call either, so that 'listening' comes after bind()", async () => {
  const { lookup } = counting();
  const cached = cachedLookup({ lookup });
  await ask(cached, "here");
  const socket = createSocket({ type: "udp4", lookup: cached, backend: new ScriptedBackend() });
  let listening = false;
  socket.on("listening", () => listening = true);
  socket.bind(0, "here");
  assertEquals(listening, false);
  await once(socket, "listening");
  socket.close();
});

test("an answer that is no address of the family is passed on and not kept", async () => {
  const { asked, lookup, answers } = counting();
  const cached = cachedLookup({ lookup });
  answers.address = "::1";
  assertEquals((await ask(cached, "a"))[1], "::1");
  assertEquals((await ask(cached, "a"))[1], "::1");
  assertEquals(asked, ["4 a", "4 a"]);
});

test("a look-up that throws does so to its caller, and may be tried again", async () => {
  let throws = true;
  const lookup: LookupFunction = (_hostname, _family, callback) => {
    if (throws) throw new Error("thrown on purpose");
    callback(null, LOOPBACK);
  };
  const cached = cachedLookup({ lookup });
  assertThrows(() => cached("a", 4, () => {}), Error, "thrown on purpose");
  throws = false;
  assertEquals(await ask(cached, "a"), [null, LOOPBACK, 4]);
});

test("whoever joins a look-up is answered in his own asynchronous context", async () => {
  const { lookup } = counting();
  const cached = cachedLookup({ lookup });
  const storage = new AsyncLocalStorage<string>();
  const seen = await Promise.all(["first", "second"].map((name) =>
    storage.run(name, () =>
      new Promise((resolve) => {
        cached("a", 4, () => resolve(storage.getStore()));
      }))
  ));
  assertEquals(seen, ["first", "second"]);
});

// What is wrong is given on purpose.
// deno-lint-ignore no-explicit-any
type Wrong = any;

const wrong: readonly (readonly [what: string, options: Wrong, code: string, message: string])[] = [
  ["null for options", null, "ERR_INVALID_ARG_TYPE", 'The "options" argument must be of type object. Received null'],
  [
    "a ttl that is no number",
    { ttl: true },
    "ERR_INVALID_ARG_TYPE",
    'The "options.ttl" property must be of type number. Received type boolean (true)',
  ],
  [
    "a ttl of 0",
    { ttl: 0 },
    "ERR_OUT_OF_RANGE",
    'The value of "options.ttl" is out of range. It must be > 0. Received 0',
  ],
  [
    "a ttl that is not a number",
    { ttl: NaN },
    "ERR_OUT_OF_RANGE",
    'The value of "options.ttl" is out of range. It must be > 0. Received NaN',
  ],
  [
    "a max of 0",
    { max: 0 },
    "ERR_OUT_OF_RANGE",
    'The value of "options.max" is out of range. It must be >= 1 && <= 4294967295. Received 0',
  ],
  [
    "half a max",
    { max: 0.5 },
    "ERR_OUT_OF_RANGE",
    'The value of "options.max" is out of range. It must be an integer. Received 0.5',
  ],
  [
    "a lookup that is no function",
    { lookup: 5 },
    "ERR_INVALID_ARG_TYPE",
    'The "options.lookup" property must be of type function. Received type number (5)',
  ],
];

for (const [what, options, code, message] of wrong) {
  test(`cachedLookup() refuses ${what}`, () => {
    const error = assertThrows(() => cachedLookup(options), Error) as NodeJS.ErrnoException;
    assertEquals([error.code, error.message], [code, message]);
  });
}

test("a host name that is no string, and a callback that is no function, are refused by name", () => {
  const refusals = [
    () => cachedLookup()(5 as Wrong, 4, () => {}),
    () => cachedLookup()("a.test", 4, 5 as Wrong),
  ].map((call) => (assertThrows(call, TypeError) as NodeJS.ErrnoException).message);
  assertEquals(refusals, [
    'The "hostname" argument must be of type string. Received type number (5)',
    'The "callback" argument must be of type function. Received type number (5)',
  ]);
});

interface Answers {
  error: Error | null;
  address: string | undefined;
}

/** A look-up that notes what it is asked, and answers on a later tick. */
function counting(): { asked: string[]; lookup: LookupFunction; answers: Answers } {
  const asked: string[] = [];
  const answers: Answers = { error: null, address: undefined };
  const lookup: LookupFunction = (hostname, family, callback) => {
    asked.push(`${family} ${hostname}`);
    setTimeout(() => callback(answers.error, answers.address ?? (family === 4 ? LOOPBACK : "::1")));
  };
  return { asked, lookup, answers };
}

function ask(lookup: LookupFunction, hostname: string, family: 4 | 6 = 4): Promise<unknown[]> {
  return new Promise((resolve) => lookup(hostname, family, (...given) => resolve(given)));
}
