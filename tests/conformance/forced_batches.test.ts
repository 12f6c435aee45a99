/** How datagrams are handed to the kernel, and taken from it, is not to be seen: in batches and one by one, the traces are the same. */
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals, assertGreater } from "@std/assert";
import { capabilities } from "@x/dgram";
import type { Batches, Forced } from "./forced_batches.ts";
import { lackingScenarios } from "./lacking.ts";
import oracle from "./oracle.json" with { type: "json" };
import { playAll } from "./play.ts";
import type { Trace } from "./scenario.ts";
import { scenarios } from "./scenarios/mod.ts";
import { RECEIVE_SLOTS } from "../../src/runtimes/libc/receive_memory.ts";

const traces: Readonly<Record<string, Trace>> = oracle;
const { features, notes } = capabilities;

function lacking(feature: "sendBatch" | "receiveOffload"): string | false {
  if (process.env.DGRAM_TEST_SUBJECT === "package") {
    return "the package's inner parts can't be reached: the same is tested of the source";
  }
  return features[feature] !== "native" && (notes[feature] ?? "there are no batches");
}

const skip = lacking("sendBatch");

/** What these prove is that a send leaves within its call, and one that waits for the end of its turn does not. */
const WITHIN_THE_CALL: readonly string[] = [
  "a datagram to the peer does not overtake one to an address, though the socket is disconnected by its tick",
  "'close' after a send to the peer comes before what another socket has asked for since",
  "a buffer changed after send() on a connected socket does not change the datagram",
  "a datagram leaves within its look-up's answer",
  "a datagram whose look-up answers at once leaves within send()",
  "a send() after a connect() that is under way comes too late to leave unconnected",
  "send() within the look-up of a connect()",
  "what is queued runs in its order, whatever it is",
  "what waits for a look-up leaves in the order of the answers, between what another socket sends",
  "what a stranger sent before connectSync() does not reach the connected socket",
  // Linux's sendmmsg takes an ICMP error that its second datagram meets for itself, and answers that it sent one.
  "the error of a closed port meets the next datagram of a burst",
];

async function playForced(forced: Forced, others: readonly string[] = []): Promise<Batches> {
  const absent = new Set(lackingScenarios());
  const played = await playAll([...absent], { ...forced, others }).all;
  const expected: Record<string, Trace | undefined> = {};
  const differingOthers: string[] = [];
  const differing: Record<string, Trace | undefined> = {};
  for (const { name, deviates } of scenarios) {
    if (absent.has(name)) continue;
    const [own, right] = [played.traces.get(name), deviates?.expected ?? traces[name]];
    if (JSON.stringify(own) === JSON.stringify(right)) continue;
    if (others.includes(name)) {
      differingOthers.push(name);
      continue;
    }
    differing[name] = own;
    expected[name] = right;
  }
  assertEquals(differing, expected);
  assertEquals(differingOthers.sort(), [...others].sort());
  assertEquals(played.leaked, false);
  assert(played.batches);
  return played.batches;
}

test("with every send in a batch, each scenario that allows it gives the oracle's trace", { skip }, async () => {
  const { singles, longest, longestToPeer, rows } = await playForced({ sends: "on" }, WITHIN_THE_CALL);
  assertEquals(singles, 0);
  assertEquals(longest, 64);
  assertGreater(longestToPeer, 1);
  assertEquals(rows > 20, features.sendOffload === "native", `${rows} rows`);
});

test("with every send in a batch of single messages, each scenario that allows it gives the oracle's trace", {
  skip: skip || (features.sendOffload !== "native" && "they are single messages anyway"),
}, async () => {
  const { longest, rows } = await playForced({ sends: "on", segmentation: "off" }, WITHIN_THE_CALL);
  assertEquals([longest, rows], [64, 0]);
});

test("with no batches at all, each scenario gives the oracle's trace", { skip }, async () => {
  const { singles, batches } = await playForced({ sends: "off" });
  assertEquals(batches, 0);
  assertGreater(singles, 1000);
});

test("with one datagram in each receive, each scenario gives the oracle's trace", {
  skip: lacking("receiveOffload") ||
    (capabilities.runtime === "bun" && "Bun's own sockets receive in batches themselves"),
}, async () => {
  const { received, mostReceived } = await playForced({ receives: { limit: 1, alone: false } });
  assertEquals(mostReceived, 1);
  assertGreater(received, 0);
});

for (
  const [what, limit] of [["one datagram", 1], ["all that waits", RECEIVE_SLOTS]] as const
) {
  test(`with ${what} in each receive, and all received by libc, each scenario gives the oracle's trace`, {
    skip: lacking("receiveOffload"),
  }, async () => {
    const { received, mostReceived } = await playForced({ receives: { limit, alone: true }, segmentation: "off" });
    assertEquals(mostReceived, limit);
    assertGreater(received, 1000);
  });
}

test("with rows received as the kernel joined them, and all received by libc, each scenario gives the oracle's trace", {
  skip: lacking("receiveOffload") || (features.sendOffload !== "native" && "there are no rows"),
}, async () => {
  const { mostReceived } = await playForced({ receives: { limit: RECEIVE_SLOTS, alone: true }, segmentation: "auto" });
  assertGreater(mostReceived, RECEIVE_SLOTS);
});

test("with sockets that have begun to be joined, each scenario gives the oracle's trace", {
  skip: lacking("receiveOffload") || (capabilities.runtime === "deno" && "on Deno it does not pay"),
}, async () => {
  const { joined, received } = await playForced({ joined: true, receives: { limit: RECEIVE_SLOTS, alone: false } });
  assertGreater(joined, 100);
  assertGreater(received, 500);
});
