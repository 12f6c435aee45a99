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
    "9c8bb7bd534130f3ae541ecf8707b00ef2d7bce5d0ac6a978eb0e77cc6a52d10",
    `\n${trace.slice(0, 2000)}`,
  );
});

test("the first seeds have the traces that they had on every other runtime", async () => {
  const traces: string[] = [];
  for (let seed = 0; seed < 20; seed++) traces.push(await play(seed));
  assertEquals(hashOf(traces.join("")), "f772b33bbe16ddef5ce08a21b4a817d8c7391a56312910cc3085656ee8bb23c9");
});

test("the same seed gives the same trace again, and another one another", async () => {
  for (let seed = 0; seed < 5; seed++) {
    const trace = await play(seed);
    assertEquals(await play(seed), trace);
    assertNotEquals(await play(seed + 1), trace);
  }
});
