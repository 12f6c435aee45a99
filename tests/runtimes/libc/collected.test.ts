/** What is handed over, and what is received, while garbage is collected: alive for as long as the kernel looks at it. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { runtime, selfCommand } from "../../support/child.ts";
import { startProcess } from "../../support/json_process.ts";
import { libcSkip } from "../../support/libc.ts";

const FLAGS = { node: ["--expose-gc"], deno: ["--v8-flags=--expose-gc"], bun: [] };

interface Told {
  readonly sent: number;
  readonly lost: number;
  readonly accepted: number;
  readonly ended: number;
  readonly collections: number;
  readonly failures: object;
  readonly faults: readonly string[];
}

async function play(what: string): Promise<Told> {
  const [program, args] = selfCommand("runtimes/libc/collected", [what]);
  // After `run`, where there is that.
  args.splice(runtime === "deno" ? 1 : 0, 0, ...FLAGS[runtime]);
  const child = startProcess(program, args, { timeout: 50_000 });
  child.end();
  const { stdout, stderr, code, signal } = await child.result;
  assertEquals({ code, signal }, { code: 0, signal: null }, stderr);
  return JSON.parse(stdout) as Told;
}

for (const [what, skip] of [["sockets", false], ["descriptors", libcSkip]] as const) {
  test(`what ${what} send and receive is whole, however often garbage is collected meanwhile`, { skip }, async () => {
    const { sent, lost, accepted, ended, collections, failures, faults } = await play(what);
    assertEquals({ faults, failures, ended }, { faults: [], failures: {}, ended: accepted });
    assert(collections > 10, `garbage was collected ${collections} times`);
    assert(lost < 0.1 * sent, `${lost} of ${sent} were lost`);
  });
}
