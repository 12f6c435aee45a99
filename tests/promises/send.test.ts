/** Sending by promises. */
import { test } from "node:test";
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { LookupFunction } from "@x/dgram";
import { bind, connect } from "@x/dgram/promises";
import { countedSignal } from "../support/counted_signal.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const LOOPBACK = "127.0.0.1";

// What is wrong is given on purpose.
// deno-lint-ignore no-explicit-any
type Wrong = any;

test("send() resolves with the number of bytes, and the datagram arrives", async () => {
  await using receiver = await bind(0, LOOPBACK);
  await using sender = await bind(0, LOOPBACK);
  const { port } = receiver.address();
  assertEquals(await sender.send("héé", port, LOOPBACK), 5);
  assertEquals(await sender.send(new Uint16Array([0x6161]), port), 2);
  assertEquals(await sender.send(["a", new Uint8Array([98])], port, LOOPBACK), 2);
  for (const text of ["héé", "aa", "ab"]) {
    const { data, ...from } = await receiver.receive();
    assertEquals(String(data), text);
    assertEquals(from, { address: LOOPBACK, port: sender.address().port, family: "IPv4" });
  }
});

test("sendMany() resolves with the count, on a bound and on a connected socket", async () => {
  await using receiver = await bind(0, LOOPBACK);
  await using bound = await bind(0, LOOPBACK);
  const { port } = receiver.address();
  await using connected = await connect(port, LOOPBACK);
  assertEquals(await bound.sendMany(["a", "b"].map((data) => ({ data, port, address: LOOPBACK }))), 2);
  assertEquals(await connected.sendMany([{ data: "c" }, { data: ["d", "e"] }]), 2);
  const heard = [];
  for (let n = 0; n < 4; n++) heard.push(String((await receiver.receive()).data));
  assertEquals(heard, ["a", "b", "c", "de"]);
});

test("sendMany() rejects with the place of the first that failed", async () => {
  await using socket = await bind(0, LOOPBACK);
  const messages: Wrong[] = [{ data: "a", port: 9, address: LOOPBACK }, { data: 5, port: 9 }];
  const error = await assertRejects(() => socket.sendMany(messages)) as Error & { code: string; index: number };
  assertEquals([error.code, error.index], ["ERR_INVALID_ARG_TYPE", 1]);
});

const wrongSends: readonly (readonly [what: string, given: Wrong[], code: string])[] = [
  ["data of another type", [5, 9, LOOPBACK], "ERR_INVALID_ARG_TYPE"],
  ["a list with such data", [["a", 5], 9, LOOPBACK], "ERR_INVALID_ARG_TYPE"],
  ["a missing port", ["a"], "ERR_SOCKET_BAD_PORT"],
  ["null for a port", ["a", null], "ERR_SOCKET_BAD_PORT"],
  ["an address of another type", ["a", 9, 5], "ERR_INVALID_ARG_TYPE"],
  ["options of another type", ["a", 9, LOOPBACK, 5], "ERR_INVALID_ARG_TYPE"],
  ["a signal that is none", ["a", 9, LOOPBACK, { signal: 5 }], "ERR_INVALID_ARG_TYPE"],
];

for (const [what, given, code] of wrongSends) {
  test(`send() rejects ${what}`, async () => {
    const backend = new ScriptedBackend();
    await using socket = await bind({ backend });
    const error = await (socket.send as (...given: Wrong[]) => Promise<number>).apply(socket, given).catch((e) => e);
    assertEquals([error.code, "index" in error, backend.sent.length], [code, false, 0]);
  });
}

test("send() rejects with the system call's error, which has no place in a batch", async () => {
  const backend = new ScriptedBackend();
  await using socket = await bind({ backend });
  backend.answer = -90;
  const error = await assertRejects(() => socket.send("too big", 9, LOOPBACK)) as Error & {
    errno: number;
    port: number;
  };
  assertEquals(Object.keys(error).sort(), ["address", "code", "errno", "port", "syscall"]);
  assertEquals([error.errno, error.port], [-90, 9]);
});

test("a connected socket rejects a port", async () => {
  await using socket = await connect({ port: 9, address: LOOPBACK, backend: new ScriptedBackend() });
  const send = socket.send as (...given: Wrong[]) => Promise<number>;
  assertEquals(await codeOf(send.call(socket, "a", 9, LOOPBACK)), "ERR_SOCKET_DGRAM_IS_CONNECTED");
  assertEquals(await codeOf(send.call(socket, "a", undefined, LOOPBACK)), "ERR_SOCKET_DGRAM_IS_CONNECTED");
});

const REASON = { toString: (): string => "a reason of my own" };

test("an abort of send() and sendMany() ends the waiting with its reason", async () => {
  const lookups: (() => void)[] = [];
  const lookup: LookupFunction = (hostname, _family, callback) => {
    if (hostname === "slow") lookups.push(() => callback(null, LOOPBACK));
    else callback(null, hostname);
  };
  await using socket = await bind({ backend: new ScriptedBackend(), lookup });
  const counted = countedSignal();
  const { signal } = counted;
  const begun = [
    socket.send("a", 9, "slow", { signal }),
    socket.sendMany([{ data: "a", port: 9, address: "slow" }], { signal }),
  ].map((promise) => promise.catch((reason) => reason));
  counted.abort(REASON);
  for (const reason of await Promise.all(begun)) assertStrictEquals(reason, REASON);
  assertStrictEquals(await socket.send("a", 9, LOOPBACK, { signal }).catch((reason) => reason), REASON);
  assertEquals(counted.listeners, 0);
  for (const answer of lookups) answer();
});

test("a send that ends leaves no listener on its signal", async () => {
  await using socket = await bind({ backend: new ScriptedBackend() });
  const counted = countedSignal();
  await Promise.all(Array.from({ length: 20 }, () => socket.send("a", 9, LOOPBACK, { signal: counted.signal })));
  assertEquals(counted.listeners, 0);
});

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  const error = await promise.then(() => undefined, (error) => error);
  return error?.code;
}
