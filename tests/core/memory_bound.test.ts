/** What a burst of sends holds in memory: as much as the bound of the send queue lets in, and nothing afterwards. */
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { runtime, selfCommand } from "../support/child.ts";
import { startProcess } from "../support/json_process.ts";

/** The first of two bursts, and of the case that stands for all of this size: 100,000 errors take Deno seconds. */
const MANY = 10_000;
const VERY_MANY = 100_000;
const SECOND = 5000;
const BOUND = 1000;
/** What an engine may take for held, since it finds its address on the stack: Bun 1.4.5. */
const STRAYS = 100;

/** So that what is held can be told from what is only waiting to be collected. Bun has it anyway. */
const FLAGS = { node: ["--expose-gc"], deno: ["--v8-flags=--expose-gc"], bun: [] };

interface Told {
  /** While it waits; of the first burst also when all has left. */
  readonly held: readonly number[];
  readonly sent: number;
  readonly codes: Readonly<Record<string, number>>;
  readonly queue: readonly number[];
}

async function bursts(what: string, limit: string, counts: readonly number[]): Promise<readonly Told[]> {
  const [program, args] = selfCommand("core/memory_bound", [what, limit, ...counts.map(String)]);
  // After `run`, where there is that.
  args.splice(runtime === "deno" ? 1 : 0, 0, ...FLAGS[runtime]);
  const child = startProcess(program, args, { timeout: 120_000 });
  child.end();
  const { stdout, stderr, code, signal } = await child.result;
  assertEquals({ code, signal, stderr }, { code: 0, signal: null, stderr: "" });
  return JSON.parse(stdout) as Told[];
}

for (const what of ["room", "a look-up"]) {
  for (const [limit, option] of [["count", "maxSendQueueCount"], ["size", "maxSendQueueSize"]]) {
    const counts = [what === "room" && limit === "count" ? VERY_MANY : MANY, SECOND];
    const shown = `${counts[0] / 1000},000`;
    test(`of ${shown} sends that wait for ${what}, ${option} holds 1,000, refuses the others, and lets go`, async () => {
      for (const [i, { held, sent, codes, queue }] of (await bursts(what, limit, counts)).entries()) {
        assertEquals({ sent, codes, queue }, {
          sent: BOUND,
          codes: { ERR_SOCKET_DGRAM_QUEUE_FULL: counts[i] - BOUND },
          queue: [0, 0],
        });
        assert(held[0] >= BOUND && held[0] <= BOUND + STRAYS, `${held[0]} payloads were held`);
        assert(i > 0 || held[1] <= STRAYS, `${held[1]} payloads were held after all were sent`);
      }
    });
  }

  test(`10,000 sends that wait for ${what} without a bound are all held, are all sent, and are let go`, async () => {
    const counts = [MANY, SECOND];
    for (const [i, { held, sent, codes, queue }] of (await bursts(what, "none", counts)).entries()) {
      assertEquals({ sent, codes, queue }, { sent: counts[i], codes: {}, queue: [0, 0] });
      assertEquals(held[0], counts[i]);
      assert(i > 0 || held[1] <= STRAYS, `${held[1]} payloads were held after all were sent`);
    }
  });
}
