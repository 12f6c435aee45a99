import { writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import { lackingScenarios, reasonToSkip } from "./lacking.ts";
import { playAll } from "./play.ts";
import type { Playing } from "./play.ts";
import oracle from "./oracle.json" with { type: "json" };
import { scenarios } from "./scenarios/mod.ts";
import type { Trace } from "./scenario.ts";

const traces: Readonly<Record<string, Trace>> = oracle;
const { features } = capabilities;
/** `emulated` ones are among those that passed. */
const counts = { passed: 0, emulated: 0, lacking: 0, failed: 0, lackingNames: [] as string[] };

const lacking = lackingScenarios();
counts.lacking = lacking.length;
counts.lackingNames = lacking;

let playing: Playing | undefined;
function play(): Playing {
  return playing ??= playAll(lacking);
}

for (const scenario of scenarios) {
  const { name, needs = [], deviates } = scenario;
  const skip = reasonToSkip(scenario);
  test(name, { skip }, async () => {
    let ok = false;
    try {
      const recorded = traces[name];
      assert(recorded, "the oracle has no trace of it: run scripts/record_oracle.mjs");
      if (deviates) assertNotEquals(deviates.expected, recorded, `row ${deviates.row} does not deviate`);
      assertEquals(await play().trace(name), deviates?.expected ?? recorded);
      ok = true;
    } finally {
      if (ok) counts.passed++;
      else counts.failed++;
      if (ok && needs.some((feature) => features[feature] === "emulated")) counts.emulated++;
    }
  });
}

test("the oracle has a trace of every scenario and of nothing else", () => {
  assertEquals(Object.keys(traces).sort(), scenarios.map(({ name }) => name).sort());
});

test("the scenarios leave nothing open that keeps the process alive", async () => {
  assertEquals((await play().all).leaked, false);
});

// A test, and the last one: Deno 2.9.5 runs no `after` outside a suite if the last test is skipped.
test("every scenario was played or is known to be lacking", () => {
  const out = process.env.DGRAM_CONFORMANCE_OUT;
  if (out) writeFileSync(out, JSON.stringify(counts));
  assertEquals(counts.passed + counts.failed + counts.lacking, scenarios.length);
});
