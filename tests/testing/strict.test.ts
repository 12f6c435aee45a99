/** Programs on hosts in memory that read what no seed repeats. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { bind } from "@x/dgram/promises";
import { createNetwork, type RealRead } from "@x/dgram/testing";
import { test } from "node:test";

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
const globals = (): unknown[] => [
  Date,
  Date.now,
  Math.random,
  performance.now,
  globalThis.crypto?.getRandomValues,
  globalThis.setTimeout,
  globalThis.setInterval,
  globalThis.setImmediate,
];

test("where a program reads real time or real randomness is told, and nobody else is", async () => {
  const before = globals();
  const reads: RealRead[] = [];
  const net = createNetwork({ strict: (read) => reads.push(read) });
  const host = net.host({ name: "client" });
  const readAll = (): void => {
    Date.now();
    // Bun leaves out what nobody looks at.
    assert(new Date() instanceof Date);
    Date();
    performance.now();
    Math.random();
    clearTimeout(setTimeout(() => {}, 1));
    clearInterval(setInterval(() => {}, 1));
    clearImmediate(setImmediate(() => {}));
    globalThis.crypto?.getRandomValues(new Uint8Array(1));
    // These two are the same everywhere.
    assert(new Date(5) instanceof Date);
    Math.max(1, 2);
  };
  readAll();
  createNetwork().host().run(readAll);
  assertEquals(reads, []);
  host.run(readAll);
  assertEquals(reads.map(({ what }) => what), [
    "Date.now",
    "new Date()",
    "Date()",
    "performance.now",
    "Math.random",
    "setTimeout",
    "setInterval",
    "setImmediate",
    ...globalThis.crypto === undefined ? [] : ["crypto.getRandomValues"],
  ]);
  assert(reads.every((read) => read.host === "client"));
  assert(reads.every(({ where }) => where.includes("readAll") || where.includes("strict.test")), JSON.stringify(reads));
  // What the module itself does is no such thing.
  const { length } = reads;
  const asking = host.run(async () => {
    const socket = await bind();
    await socket.request("?", { port: 9, address: "client", timeout: 10, retries: 1 }).catch(() => {});
    await socket.close();
  });
  await net.run({ until: asking });
  assertEquals(reads.length, length);
  await net.close();
  assertEquals(globals(), before);
});

test("strict: true is an error where it is read, but not of virtual time", async () => {
  const before = globals();
  const net = createNetwork({ strict: true });
  const host = net.host({ name: "client" });
  const error = assertThrows(() => host.run(() => Math.random() + 1)) as Error;
  assertEquals(codeOf(error), "ERR_NETWORK_NOT_REPEATABLE");
  assert(/^The program on client reads what is real: Math.random at .*strict/.test(error.message), error.message);
  assert(Math.random() < 1);
  net.clock.install();
  await net.run({ for: 5 });
  assertEquals(host.run(() => [Date.now(), performance.now()]), [5, 5]);
  assertThrows(() => host.run(() => Math.random()));
  const other = createNetwork({ strict: true });
  await net.close();
  assertThrows(() => other.host().run(() => Math.random()));
  await other.close();
  assertEquals(globals(), before);
  assertEquals(codeOf(assertThrows(() => createNetwork({ strict: "yes" as never }))), "ERR_INVALID_ARG_TYPE");
});
