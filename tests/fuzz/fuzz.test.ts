/** The programs of one seed, as node:dgram plays them. `npm run fuzz` plays many more. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { root, runtime, spawnSelf } from "../support/child.ts";
import { programs } from "./arbitrary.ts";
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

test(`${count - different.length} random programs are played as on node:dgram, each socket's part of them`, {
  skip,
}, async () => {
  const { digest } = await import(pathToFileURL(resolve(root, "scripts", "fuzz", "compare.mjs")).href);
  const folder = mkdtempSync(join(tmpdir(), "dgram-fuzz-"));
  try {
    const file = join(folder, "programs.jsonl");
    const made = fc.sample(programs, { numRuns: count, seed });
    writeFileSync(file, made.map((program) => JSON.stringify(program)).join("\n"));
    const { stdout, stderr, code } = await spawnSelf("fuzz/run", [file], { timeout: 50_000 });
    const traces: string[][] = stdout.split("\n").filter((line) => line.startsWith(MARK)).map((line) =>
      JSON.parse(line.slice(MARK.length)).seen
    );
    assertEquals({ code, stderr, played: traces.length }, { code: 0, stderr: "", played: count });
    const wrong = traces.flatMap((seen, at) =>
      different.includes(at) || digest(seen) === recorded.digests[at]
        ? []
        : [`npm run fuzz -- --seed ${seed} --node ${count} --others ${count} --program ${at}\n${seen.join("\n")}`]
    );
    assertEquals(wrong, []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
