/**
 * Proves that a cell of the matrix is what its name says: the right artefact, with the right flags and permissions; and
 * that what hangs is told from what is slow.
 */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { capabilities, createSocket } from "@x/dgram";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { BUN_FLOOR, DENO_FLOOR, NODE_FLOOR, refuseBelow } from "../src/runtimes/common/floors.ts";
import { load, root, runtime, selfCommand } from "./support/child.ts";

const subject = process.env.DGRAM_TEST_SUBJECT;
const expected = process.env.DGRAM_TEST_DENO;

const byHand = subject ? false : "started by hand, not by the matrix";

test("the module under test is the artefact that this cell is named after", { skip: byHand }, async () => {
  const dist = resolve(root, "dist");
  const isPackage = existsSync(dist) && [
    await import(pathToFileURL(resolve(dist, `mod_${runtime}.js`)).href),
    createRequire(resolve(root, "package.json"))(resolve(dist, "mod.cjs")),
  ].some((artefact) => artefact.createSocket === createSocket);
  assertEquals(isPackage ? "package" : "source", subject);
});

test("Deno has the unstable flag, the ffi permission and the backend that this cell is named after, and no other", {
  skip: runtime !== "deno" ? "only on Deno" : expected ? false : "started by hand, not by the matrix",
}, () => {
  const { Deno } = globalThis as unknown as {
    Deno: { listenDatagram?: unknown; permissions: { querySync(descriptor: { name: string }): { state: string } } };
  };
  const ffi = Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  const listenDatagram = capabilities.backend === "deno";
  assertEquals(JSON.stringify({ unstableNet: Boolean(Deno.listenDatagram), ffi, listenDatagram }), expected);
});

test("Node has system calls through the ffi entry in the cell that is named after it, and nowhere else", {
  skip: runtime === "node" ? false : "only on Node",
}, () => {
  const { DGRAM_TEST_FFI, DGRAM_TEST_MEMORY } = process.env;
  assertEquals(capabilities.backend, DGRAM_TEST_MEMORY ? "memory" : DGRAM_TEST_FFI ? "node-ffi" : "node");
});

interface FileResult {
  tests: { name: string; state: string }[];
  failures: { name: string; message: string }[];
  complete: boolean;
}

const scripts = (name: string) => load(`scripts/matrix/${name}`);

/** A clock that goes when it is told to, and has one timer. */
class Clock {
  #now = 0;
  #timer: { at: number; run: () => void } | undefined;

  setTimeout = (run: () => void, ms: number): void => {
    this.#timer = { at: this.#now + ms, run };
  };

  clearTimeout = (): void => {
    this.#timer = undefined;
  };

  advance(ms: number): void {
    this.#now += ms;
    if (this.#timer !== undefined && this.#timer.at <= this.#now) this.#timer.run();
  }
}

const PATIENCE = 50_000;

interface Console {
  finished: FileResult["tests"];
  running?: string;
}

/** Runs a child that prints this into "pipes" or "a file", on that clock. */
async function watch(
  text: string,
  ending: string,
  timers: Clock,
  onRead: (console: Console) => void,
  into: string,
): Promise<FileResult> {
  const { runTestFile } = await scripts("run_tests.mjs");
  const [program, args] = selfCommand("matrix", [text, ending]);
  const directory = mkdtempSync(join(tmpdir(), "dgram-matrix-"));
  const outputFile = into === "pipes" ? undefined : join(directory, "made", "output");
  const run = { command: [program, ...args], console: "deno", outputFile };
  try {
    return await runTestFile("some.test.ts", run, { timeout: PATIENCE, timers, onRead });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

for (const into of ["pipes", "a file"]) {
  test(`a test file that prints into ${into} may take however long, as long as its tests finish one after the other`, async () => {
    const clock = new Clock();
    const names = ["one", "two", "three", "four"];
    const text = names.map((name) => `${name} ... ok (49s)\n`).join("");
    let seen = 0;
    const { tests, failures, complete } = await watch(text, "ends", clock, ({ finished }) => {
      if (finished.length > seen) clock.advance(PATIENCE - 1);
      seen = finished.length;
    }, into);
    assertEquals(tests.map(({ name }) => name), names);
    assertEquals({ failures, complete }, { failures: [], complete: true });
  });

  test(`a test that hangs is named, and what finished before it is kept, where it prints into ${into}`, async () => {
    const clock = new Clock();
    const text = "one ... ok (1ms)\ntwo ... FAILED (1ms)\nthree ... ignored (0ms)\nfour ...";
    const { tests, failures, complete } = await watch(text, "hangs", clock, ({ running }) => {
      if (running === "four") clock.advance(PATIENCE);
    }, into);
    assertEquals(tests.map(({ name, state }) => `${name} ${state}`), ["one passed", "two failed", "three skipped"]);
    assertEquals(failures.map(({ name }) => name), ["two", "(some.test.ts)"]);
    const told = 'no test finished for 50 s; the last to finish was "three"; "four" was running';
    assertStringIncludes(failures[1].message, told);
    assertEquals(complete, false);
  });
}

test("a line of a test that finished is known in the console of each test runner", async () => {
  const { TestConsole } = await scripts("test_console.mjs");
  const consoles: Record<string, string[]> = {
    node: ["✔ a (b) (1.5ms)", "✖ c (20ms)", "﹣ d (0.1ms) # e", "ℹ tests 3", "✖ failing tests:", "✖ c (20ms)"],
    deno: ["a (b) ...", "output", "a (b) ... ok (1ms)", "c ... FAILED (1s)", "d ... ignored (0ms)", "ok | 1 passed"],
    bun: ["(pass) a (b) [1.50ms]", "(fail) c [20.00ms]", "(skip) d", "1 tests failed:", "(fail) c [20.00ms]"],
  };
  for (const [runner, lines] of Object.entries(consoles)) {
    const console = new TestConsole(runner);
    const finished = lines.filter((line) => console.read(line)).length;
    const seen = console.finished.map(({ name, state }: FileResult["tests"][number]) => `${name} ${state}`);
    assertEquals([finished, seen], [3, ["a (b) passed", "c failed", "d skipped"]], runner);
  }
});

let told: string[] | undefined;

test("the runner of this cell tells of tests that pass, fail and are skipped, at once and after a timer", {
  skip: byHand,
}, async () => {
  const { allCells } = await scripts("cells.mjs");
  const { runTestFile } = await scripts("run_tests.mjs");
  const { runner } = allCells().find(({ name }: Cell) => name === process.env.DGRAM_TEST_CELL);
  const directory = mkdtempSync(join(tmpdir(), "dgram-matrix-"));
  const file = join(process.env.DGRAM_TEST_DIR!, `matrix_states.child${process.env.DGRAM_TEST_EXT}`);
  try {
    const run = runner(process.execPath, file, join(directory, "report.xml"));
    const { tests, failures, complete }: FileResult = await runTestFile("matrix_states", run);
    assertEquals(complete, true);
    for (const { name, message } of failures) assertStringIncludes(message, "on purpose", name);
    told = tests.map(({ name, state }) => `${name}: ${state}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

// At once: where no test is waited for, a test that waits finds nothing out.
test("no test of this cell is told as passed before it has ended", { skip: byHand }, () => {
  assertEquals(told, [
    "passes at once: passed",
    "fails at once: failed",
    "passes after a timer: passed",
    "fails after a timer: failed",
    "fails in a timer: failed",
    "would fail and is skipped: skipped",
    "begins when the one before has ended: passed",
  ]);
});

interface Cell {
  readonly name: string;
  readonly kind: string;
  readonly of?: string;
}

interface CellResult {
  failed: number;
  failures: { name: string; message: string }[];
  reason?: string;
}

test("the oldest version of each runtime that package.json and the README state is a cell", async () => {
  const { allCells } = await scripts("cells.mjs");
  const names: string[] = allCells().map(({ name }: Cell) => name);
  const { engines } = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8"));
  const readme = readFileSync(resolve(root, "README.md"), "utf8");
  for (const [name, range] of Object.entries<string>(engines)) {
    const version = range.replace(">=", "");
    assert(names.some((cell) => cell.startsWith(`floor ${name} ${version} `)), `no cell of ${name} ${version}`);
    const stated = `${name[0].toUpperCase()}${name.slice(1)} ${version.replace(/\.0$/, "")}`;
    assertStringIncludes(readme, stated);
  }
});

test("the Node that runs the matrix has cells, and all tests where npm may have no other", async () => {
  const { nodeCells } = await scripts("cells.mjs");
  const cells = (local: string, platform: string): string[] =>
    nodeCells(["18.20.8", "20.20.2", "26.12.1"], local, platform).map(({ name }: Cell) => name);
  const own = cells("25.1.0", "linux").filter((name) => name.includes("25.1.0 (local)"));
  assertEquals(own.map((name) => name.split(" ").slice(3).join(" ")), ["source esm", "package esm", "package cjs"]);
  assertEquals(cells("20.20.2", "darwin").includes("node 20 source esm"), true);
  assertEquals(cells("20.20.2", "linux").includes("node 20 source esm"), false);
});

test("a run in which no cell of a runtime could run fails, unless it may lack it", async () => {
  const { missRuntimes } = await scripts("report.mjs");
  const run = (mayLack: string[]): string[] => {
    const result = (reason?: string): CellResult => ({ failed: 0, failures: [], ...(reason && { reason }) });
    const results = new Map<Cell, CellResult>([
      [{ name: "node 18", kind: "tests", of: "node" }, result("no package")],
      [{ name: "node 20", kind: "tests", of: "node" }, result("no package")],
      [{ name: "deno", kind: "tests", of: "deno" }, result()],
      [{ name: "floor deno", kind: "tests", of: "deno" }, result("no package")],
      [{ name: "consumers", kind: "consumers" }, result("no package")],
    ]);
    missRuntimes(results, mayLack);
    return [...results.values()].flatMap(({ failures }) => failures).map(({ name }) => name);
  };
  assertEquals(run([]), ["(no cell of node could run)"]);
  assertEquals(run(["node"]), []);
});

test("what node:dgram does on another machine too is not this module's difference", async () => {
  const { compareTraces } = await scripts("elsewhere/compare.mjs");
  const traces = new Map([["as on Linux", ["a"]], ["as there", ["b"]], ["otherwise", ["c"]]]);
  const own = [new Map([["as there", ["b"]], ["otherwise", ["d"]]])];
  const expected = Object.fromEntries([...traces.keys()].map((name) => [name, ["a"]]));
  assertEquals(compareTraces(expected, traces, own), {
    asNode26: ["as on Linux"],
    asThere: ["as there"],
    ours: ["otherwise"],
  });
});

test("what is refused by name on another machine is no difference where node:dgram fails too", async () => {
  const { compareTraces } = await scripts("elsewhere/compare.mjs");
  const named = "a threw TypeError [ERR_FEATURE_UNAVAILABLE_ON_PLATFORM]: The feature ttl is unavailable";
  const compare = (there: string): string[] =>
    compareTraces({ one: ["a returned 1"] }, new Map([["one", [named]]]), [new Map([["one", [there]]])]).ours;
  assertEquals(compare("a threw Error [EINVAL]: setTTL EINVAL"), []);
  assertEquals(compare("a returned 1"), ["one"]);
});

test("an errno that node:dgram is told on another machine for the same call is not this module's difference", async () => {
  const { compareTraces } = await scripts("elsewhere/compare.mjs");
  const oracle = JSON.parse(readFileSync(resolve(root, "tests/conformance/oracle.json"), "utf8"));
  const refused = (errno: string, syscall: string): string =>
    `a threw Error [${errno}]: ${syscall} ${errno} { errno: -${errno}, syscall: '${syscall}' }`;
  const [name, line, index] = Object.entries<string[]>(oracle).flatMap(([name, trace]) =>
    trace.map((line, index) => [name, line, index] as const)
  ).find(([, line]) => /threw Error \[EADDRNOTAVAIL\]: dropMembership EADDRNOTAVAIL/.test(line))!;
  const there = [...oracle[name]];
  there[index] = line.replaceAll("EADDRNOTAVAIL", "EINVAL");
  const compare = (errno: string, syscall: string): string[] =>
    compareTraces(
      { deviates: [refused("EADDRNOTAVAIL", syscall)] },
      new Map([["deviates", [refused(errno, syscall)]]]),
      [new Map([[name, there]])],
    ).ours;
  assertEquals(compare("EINVAL", "dropMembership"), []);
  assertEquals(compare("EBADF", "dropMembership"), ["deviates"]);
  assertEquals(compare("EINVAL", "bind"), ["deviates"]);
});

test("the floors that the module refuses below are those of package.json", () => {
  const { engines } = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8"));
  const floors = { bun: `>=${BUN_FLOOR}`, deno: `>=${DENO_FLOOR}`, node: `>=${NODE_FLOOR}` };
  assertEquals(engines, floors);
});

test("a runtime below its floor is refused in one sentence, and one from it on is not", () => {
  for (const found of ["9.11.2", "17.9.1", "18.7.0", "18.7.99"]) {
    const told = `@x/dgram needs Node 18.8.0 or later; this is ${found}`;
    assertThrows(() => refuseBelow("Node", "18.8.0", found), Error, told);
  }
  for (const found of ["18.8.0", "18.10.0", "18.20.8", "20.0.0", "100.0.0"]) refuseBelow("Node", "18.8.0", found);
});
