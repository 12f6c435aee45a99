/** The network in memory does what Linux does: the same scenarios, on namespaces of the kernel and in memory. */
import { assertEquals } from "@std/assert";
import { after, test } from "node:test";
import { buffers } from "./memory/buffers.ts";
import { errors } from "./memory/errors.ts";
import { KernelStage, kernelStageSkip } from "./memory/kernel_stage.ts";
import { MemoryStage } from "./memory/memory_stage.ts";
import { many } from "./memory/many.ts";
import { nats } from "./memory/nats.ts";
import { playOn } from "./memory/play.ts";
import { stacks } from "./memory/stacks.ts";
import { ways } from "./memory/ways.ts";
import { familySkip } from "./namespaces.ts";

let shared: Promise<KernelStage> | undefined;

async function endKernel(): Promise<void> {
  const made = shared;
  shared = undefined;
  await (await made)?.end();
}

after(endKernel);

let lastPort = 6000;
for (const scenario of [...errors, ...ways, ...many, ...stacks, ...nats, ...buffers]) {
  for (const family of scenario.families ?? [4, 6] as const) {
    test(`on udp${family} ${scenario.name}`, { skip: kernelStageSkip || familySkip(family) }, async () => {
      const port = ++lastPort;
      const memory = await playOn(new MemoryStage(), scenario, family, port);
      const kernel = await playOn(await (shared ??= KernelStage.make()), scenario, family, port, memory.counts);
      assertEquals(memory.trace, kernel.trace);
    });
  }
}

test("nothing is left of the kernel's network", { skip: kernelStageSkip }, endKernel);
