/** Descriptors and memory: what is closed is gone, and no option is ever set on another's descriptor. */
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { besideKernel, kernelSkip, surveySkip } from "../network/beside_kernel.ts";
import { runtime } from "../support/child.ts";

interface Weight {
  readonly descriptors: number;
  readonly resident: number;
  readonly own: number;
}

const CYCLES = 5000;
/** So that memory can be told from what is only waiting to be collected. Bun has it anyway. */
const FLAGS = { node: ["--expose-gc"], deno: ["--v8-flags=--expose-gc"], bun: [] };

test(`${CYCLES} sockets that were opened and closed leave no descriptor and no memory behind`, {
  skip: kernelSkip,
}, async () => {
  const flags = FLAGS[runtime];
  const { before, after } = await besideKernel<{ before: Weight; after: Weight }>(
    "runtimes/descriptor_cycles",
    [String(CYCLES)],
    { flags },
  );
  assert(after.descriptors <= before.descriptors, `${before.descriptors} descriptors became ${after.descriptors}`);
  // Two hundred bytes a socket.
  assert(after.own <= before.own + 1e6, `the heap grew from ${before.own} to ${after.own} bytes`);
  // The allocators of the runtimes themselves keep some: 1.6 kB a socket, where a single buffer would be 64 KiB.
  assert(
    after.resident <= before.resident + 1600 * CYCLES,
    `memory grew from ${before.resident} to ${after.resident} bytes`,
  );
});

test("options reach their own sockets alone, while threads open and close sockets and files", {
  skip: surveySkip,
}, async () => {
  const result = await besideKernel<{ wrong: string[]; looked: number; changed: number }>(
    "runtimes/descriptor_storm",
    [],
  );
  assertEquals(result.wrong, []);
  assert(result.looked > 400 && result.changed > 200, JSON.stringify(result));
});
