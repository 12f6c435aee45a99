/**
 * The module on macOS, as far as that shows without a Mac: each child takes itself for one, over a double of macOS's C
 * library that Linux's kernel is behind (tests/macos). What macOS's kernel does by itself, only a Mac shows.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Capabilities, capabilities, type Feature } from "@x/dgram";
import { lackingScenarios } from "../conformance/lacking.ts";
import oracle from "../conformance/oracle.json" with { type: "json" };
import { playAll } from "../conformance/play.ts";
import type { Trace } from "../conformance/scenario.ts";
import { scenarios } from "../conformance/scenarios/mod.ts";
import { root, runtime, spawnSelf } from "../support/child.ts";
import { libcSkip } from "../support/libc.ts";

const traces: Readonly<Record<string, Trace>> = oracle;

/** Without FFI a Mac is what every other system is; a Bun that adopts no descriptors is, too. */
const skip = process.platform !== "linux"
  ? "Linux's kernel is behind the double"
  : libcSkip || capabilities.features.dontFragment !== "native" && "this adapter has no system calls here" ||
    capabilities.features.fd === "unavailable" && "libc is not used on macOS where the runtime adopts no descriptors";

async function look<Answer>(what: string, env: Record<string, string> = {}): Promise<Answer> {
  const { code, signal, stdout, stderr } = await spawnSelf("runtimes/macos", [what], {
    env: { ...process.env, ...env },
  });
  assertEquals([code, signal], [0, null], stderr);
  return JSON.parse(stdout);
}

/** The features that are otherwise than on Linux, as docs/support.md has them for this adapter. */
function documented(): Record<string, string> {
  const [, section] = readFileSync(resolve(root, "docs/support.md"), "utf8").split(/^## macOS$/m);
  const [head, , ...rows] = [...section.split(/^## /m)[0].matchAll(/^\| (.*) \|$/gm)]
    .map(([, row]) => row.split("|").map((cell) => cell.trim()));
  const column = head.findIndex((title) => title.toLowerCase().startsWith(runtime));
  const entries = rows.map((cells) => [cells[0].replaceAll("`", ""), cells[column]]);
  // Node's own answer is of the system that it runs on.
  return Object.fromEntries(entries.filter(([feature]) => runtime !== "node" || feature !== "reusePort"));
}

test("on macOS the features are those of Linux, but for those that are documented, with a note", {
  skip,
}, async () => {
  const { features, notes } = await look<Capabilities>("capabilities");
  const expected = documented();
  const here = Object.entries(expected).filter(([feature, support]) =>
    support !== capabilities.features[feature as Feature]
  );
  const changed = Object.entries(features).filter(([feature, support]) =>
    support !== capabilities.features[feature as Feature]
  );
  assertEquals(Object.fromEntries(changed), Object.fromEntries(here));
  for (const [feature, support] of Object.entries(expected)) {
    assertEquals(features[feature as Feature], support, feature);
    if (support !== "native") assertEquals(typeof notes[feature as Feature], "string", feature);
  }
});

test("where fcntl is not seen to get what it is given, macOS is without libc, and says why", { skip }, async () => {
  const { features, notes } = await look<Capabilities>("capabilities", { DGRAM_TEST_UNSEEN: "fcntl" });
  assertEquals(features.trafficClass, "unavailable");
  if (runtime === "node") assertStringIncludes(notes.sendBatch!, "self-test: fcntl");
});

interface Options {
  readonly sizes: readonly number[];
  readonly first: Readonly<Record<string, number | boolean>>;
  readonly second: Readonly<Record<string, number | boolean>>;
}

for (const DGRAM_TEST_ARCH of ["arm64", "x64"]) {
  test(`the kernel has what macOS's C library was given on ${DGRAM_TEST_ARCH}`, { skip }, async () => {
    const { unknown, ...families } = await look<{ unknown: string[]; udp4: Options; udp6: Options }>("options", {
      DGRAM_TEST_ARCH,
    });
    assertEquals(unknown, []);
    for (const [type, { sizes, first, second }] of Object.entries(families)) {
      assertEquals(sizes, [20_480, 30_720], "macOS answers what it was given");
      const expected = {
        closedOnExec: true,
        ttl: 77,
        multicastTTL: 0,
        multicastLoopback: 0,
        broadcast: 1,
        trafficClass: 0xb8,
        dontFragment: 2,
        recvBufferSize: 2 * 20_480,
        sendBufferSize: 2 * 30_720,
        multicastInterface: type === "udp4" ? 0x0100007f : 1,
      };
      assertEquals({ ...first, ...expected }, first, type);
      const changed = { dontFragment: 0, broadcast: 0, multicastTTL: 255 };
      assertEquals(second, { ...first, ...changed }, type);
    }
  });
}

test("errors have their names, and macOS's numbers", { skip }, async () => {
  const errors = await look<Record<string, unknown>>("errors");
  const missing = ["ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", null, null];
  assertEquals(errors, {
    "join twice": ["EADDRINUSE", -48, "addMembership"],
    "leave what was not joined": ["EADDRNOTAVAIL", -49, "dropMembership"],
    "an interface that is not there": ["EADDRNOTAVAIL", -49, "setMulticastInterface"],
    "an IPv6 group": ["ENOPROTOOPT", -42, "addMembership"],
    "a source twice": ["EADDRNOTAVAIL", -49, "addSourceSpecificMembership"],
    "a source of IPv6 twice": ["EADDRNOTAVAIL", -49, "addSourceSpecificMembership"],
    "a device": missing,
    "a path MTU": missing,
    receiveInfo: missing,
    reusePort: errors.reusePort,
  });
  // Node's own node:dgram knows that it is on Linux.
  if (runtime !== "node") assertEquals(errors.reusePort, ["ENOTSUP", -45, "bind"]);
});

test("a paused socket keeps what comes, sends, and goes on, as kqueue has it", { skip }, async () => {
  const again = Array.from({ length: 5 }, (_, i) => `again ${i}`);
  assertEquals(await look("pauses"), {
    heard: [
      ...["0", "1", "2", "3", "4", "5", "while paused", "from a paused, connected socket", "the peer's"],
      ...again,
      "after both in one turn",
    ],
    beforeResume: 6,
    closedOnExec: true,
  });
});

test("two sockets with reuseAddr share a port, and both hear a group", { skip }, async () => {
  assertEquals(await look("shared"), ["to both", "to both"]);
});

/** A test must not take long where a machine is busy. */
const PARTS = ["first", "second", "third", "last"];

for (const [part, which] of PARTS.entries()) {
  test(`each scenario of the ${which} quarter gives the oracle's trace on macOS`, {
    skip: skip || (runtime === "node" && "Node's own node:dgram answers Linux's errno numbers"),
  }, async () => {
    const { features, notes } = await look<Capabilities>("capabilities");
    const absent = new Set(lackingScenarios({ features, notes, platform: "darwin" }));
    const size = Math.ceil(scenarios.length / PARTS.length);
    const own = scenarios.slice(part * size, (part + 1) * size).filter(({ name }) => !absent.has(name));
    const names = new Set(own.map(({ name }) => name));
    const others = scenarios.map(({ name }) => name).filter((name) => !names.has(name));
    const played = await playAll(others, undefined, "conformance/run_macos").all;
    const differing: Record<string, unknown> = {};
    for (const { name, deviates } of own) {
      const [seen, right] = [played.traces.get(name), deviates?.expected ?? traces[name]];
      if (JSON.stringify(seen) !== JSON.stringify(right)) differing[name] = { seen, right };
    }
    assertEquals(differing, {});
    assertEquals(played.leaked, false);
  });
}
