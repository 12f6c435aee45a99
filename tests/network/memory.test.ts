/** The network in memory does what Linux does: the same scenarios, on namespaces of the kernel and in memory. */
import { assertEquals } from "@std/assert";
import { after, test } from "node:test";
import { buffers } from "./memory/buffers.ts";
import { errors } from "./memory/errors.ts";
import { icmp } from "./memory/icmp.ts";
import { KernelStage, kernelStageSkip } from "./memory/kernel_stage.ts";
import { MemoryStage } from "./memory/memory_stage.ts";
import { many } from "./memory/many.ts";
import { nats } from "./memory/nats.ts";
import { playOn } from "./memory/play.ts";
import { stacks } from "./memory/stacks.ts";
import { ways } from "./memory/ways.ts";
import { familySkip } from "./namespaces.ts";

let shared: Promise<KernelStage> | undefined;
const kernel = (): Promise<KernelStage> => shared ??= KernelStage.make();

async function endKernel(): Promise<void> {
  const made = shared;
  shared = undefined;
  await (await made)?.end();
}

after(endKernel);

let lastPort = 6000;
for (const scenario of [...errors, ...icmp, ...ways, ...many, ...stacks, ...nats, ...buffers]) {
  for (const family of scenario.families ?? [4, 6] as const) {
    test(`on udp${family} ${scenario.name}`, { skip: kernelStageSkip || familySkip(family) }, async () => {
      const port = ++lastPort;
      const memory = await playOn(new MemoryStage(), scenario, family, port);
      const played = await playOn(await kernel(), scenario, family, port, memory.counts);
      assertEquals(memory.trace, played.trace);
    });
  }
}

test("a NAT in memory forgets as soon as conntrack does", { skip: kernelStageSkip }, async () => {
  // tests/testing/masquerade.test.ts has what comes of these two there.
  const setting = (name: string): string => `$(cat /proc/sys/net/netfilter/nf_conntrack_${name})`;
  (await kernel()).run("nat", `test ${setting("udp_timeout")} = 30\ntest ${setting("udp_timeout_stream")} = 120`);
});

test("nothing is left of the kernel's network", { skip: kernelStageSkip }, endKernel);
