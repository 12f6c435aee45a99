/** One seed, one trace: byte for byte, on every runtime and its every version. `scripts/compare_seeds.mjs` tries more. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { playEveryFault as play } from "./every_fault.ts";

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

test("a program with every fault has the trace that it had on every other runtime", async () => {
  const trace = await play(20_260);
  assertEquals(
    hashOf(trace),
    "fba5bb065b5d12c7283e0ce0a46522acfb244e7e2ac25fa5e88baee6f0ee7f35",
    `\n${trace.slice(0, 2000)}`,
  );
});

test("the first seeds have the traces that they had on every other runtime", async () => {
  const traces: string[] = [];
  for (let seed = 0; seed < 20; seed++) traces.push(await play(seed));
  assertEquals(hashOf(traces.join("")), "df7c9d26037328b174361675bcccfe55f2eea95a643f64ef1221b93f876342c2");
});

test("the same seed gives the same trace again, and another one another", async () => {
  for (let seed = 0; seed < 5; seed++) {
    const trace = await play(seed);
    assertEquals(await play(seed), trace);
    assertNotEquals(await play(seed + 1), trace);
  }
});
