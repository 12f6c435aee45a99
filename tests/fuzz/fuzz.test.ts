/** The programs of one seed, as node:dgram plays them. `npm run fuzz` plays many more. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { load, runtime, spawnSelf } from "../support/child.ts";
import { ownPrograms, programs } from "./arbitrary.ts";
import type { Program } from "./program.ts";
import recorded from "./recorded.json" with { type: "json" };

const MARK = "#played ";
const { seed, count, different } = recorded;

const skip = process.platform !== "linux"
  ? "the record is of Linux's kernel"
  : runtime === "deno"
  ? "Deno reads each socket by a task of its own, so that nothing tells when all is quiet: npm run fuzz shows how often"
  : process.env.DGRAM_TEST_MEMORY
  ? "what a network in memory does otherwise is shown by npm run fuzz"
  : false;

/** What is seen of each program. */
async function playAll(arbitrary: fc.Arbitrary<Program>): Promise<string[][]> {
  const folder = mkdtempSync(join(tmpdir(), "dgram-fuzz-"));
  try {
    const file = join(folder, "programs.jsonl");
    const made = fc.sample(arbitrary, { numRuns: count, seed });
    writeFileSync(file, made.map((program) => JSON.stringify(program)).join("\n"));
    const { stdout, stderr, code } = await spawnSelf("fuzz/run", [file], { timeout: 50_000 });
    const traces: string[][] = stdout.split("\n").filter((line) => line.startsWith(MARK)).map((line) =>
      JSON.parse(line.slice(MARK.length)).seen
    );
    // A warning of what can't be set here is told once.
    const errors = stderr.replace(/^.* \[DGRAM_BUFFER_SIZE_IGNORED\] .*\n/m, "");
    assertEquals({ code, errors, played: traces.length }, { code: 0, errors: "", played: count });
    return traces;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

let played: Promise<string[][]> | undefined;
const playOnce = (): Promise<string[][]> => played ??= playAll(programs);

test(`${count - different.length} random programs are played as on node:dgram, each socket's part of them`, {
  skip,
}, async () => {
  const { digest } = await load("scripts/fuzz/compare.mjs");
  const wrong = (await playOnce()).flatMap((seen, at) =>
    different.includes(at) || digest(seen) === recorded.digests[at]
      ? []
      : [`npm run fuzz -- --seed ${seed} --node ${count} --others ${count} --program ${at}\n${seen.join("\n")}`]
  );
  assertEquals(wrong, []);
});

for (
  const [what, play] of [
    ["random programs", playOnce],
    ["programs with sendMany(), pause() and resume()", () => playAll(ownPrograms)],
  ] as const
) {
  test(`no socket of ${count} ${what} does what no socket may do`, async () => {
    const { violations } = await load("scripts/fuzz/model.mjs");
    const wrong = (await play()).flatMap((seen, at) =>
      violations(seen).map((reason: string) => `program ${at}, ${reason}`)
    );
    assertEquals(wrong, []);
  });
}

const BOUND = ["a bindSync #1 is called with { port: 0 }", "a bindSync #1 returned {}", "a 'listening'"];
const SEND = ["a send #2 is called with '#2 ....', <port a>, '127.0.0.1', <callback>", "a send #2 returned undefined"];
const MESSAGE = "a 'message' Buffer '#2 ....', { address: '127.0.0.1', family: 'IPv4', port: <port a>, size: 8 }";
const CALLED_BACK = "a/a! send #2 calls back with null, 8";
const MANY = ["a sendMany #2 is called with [{ data: '#2.0 ..' }]", "a sendMany #2 returned"];
const FULFILLED = "a sendMany #2 fulfills with 1";
const PAUSED = ["a pause #5 is called with", "a pause #5 returned <a>"];
const CLOSED = ["a close #3 is called with", "a close #3 returned <a>"];

for (
  const [reason, ...seen] of [
    ["an event that nobody asked for", "a 'listening'"],
    ["an event that nobody asked for", ...BOUND, "a 'listening'"],
    ["an event that nobody asked for", ...BOUND, "a 'connect'"],
    ["an event after the last", ...BOUND, ...CLOSED, "a 'close'", "a 'error' Error [EBADF]"],
    ["a datagram after close()", ...BOUND, ...SEND, ...CLOSED, MESSAGE, CALLED_BACK, "a 'close'"],
    ["a datagram that nobody sent", ...BOUND, MESSAGE],
    ["a datagram that comes twice", ...BOUND, ...SEND, CALLED_BACK, MESSAGE, MESSAGE],
    ["a callback that comes twice", ...BOUND, ...SEND, CALLED_BACK, CALLED_BACK],
    ["a callback that never comes", ...BOUND, ...SEND, ...CLOSED, "a 'close'"],
    ["a callback after 'close'", ...BOUND, ...SEND, ...CLOSED, "a 'close'", CALLED_BACK],
    ["a promise that is settled twice", ...BOUND, ...MANY, FULFILLED, FULFILLED],
    ["a promise that is never settled", ...BOUND, ...MANY, ...CLOSED, "a 'close'"],
    ["a sendMany() after close()", ...BOUND, ...CLOSED, ...MANY, FULFILLED],
    ["a datagram while it is paused", ...BOUND, ...SEND, CALLED_BACK, ...PAUSED, MESSAGE],
    ["a second bind()", ...BOUND, "a bind #4 is called with 0", "a bind #4 returned <a>"],
    ["a disconnect() of no peer", ...BOUND, "a disconnect #4 is called with", "a disconnect #4 returned undefined"],
    ["a send() after close()", ...BOUND, ...CLOSED, ...SEND],
    ["a refusal for no reason", "a close #4 is called with", "a close #4 threw Error [ERR_SOCKET_DGRAM_NOT_RUNNING]"],
  ]
) {
  test(`the model of sockets finds ${reason}, in ${seen.length} lines`, async () => {
    const { violations } = await load("scripts/fuzz/model.mjs");
    assertEquals(violations(seen).length, 1, violations(seen).join("\n"));
  });
}
