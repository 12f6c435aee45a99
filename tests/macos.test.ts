/**
 * The module on macOS, as far as that shows without a Mac: each child takes itself for one, over a double of macOS's C
 * library that Linux's kernel is behind (tests/macos). What macOS's kernel does by itself, only a Mac shows.
 */
import { test } from "node:test";
import process from "node:process";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Capabilities, capabilities } from "@x/dgram";
import { lackingScenarios } from "./conformance/lacking.ts";
import oracle from "./conformance/oracle.json" with { type: "json" };
import { playAll } from "./conformance/play.ts";
import type { Trace } from "./conformance/scenario.ts";
import { scenarios } from "./conformance/scenarios/mod.ts";
import { runtime, spawnSelf } from "./support/child.ts";
import { libcSkip } from "./support/libc.ts";

const traces: Readonly<Record<string, Trace>> = oracle;

/** Without FFI a Mac is what every other system is; a Bun that adopts no descriptors is, too. */
const skip = process.platform !== "linux"
  ? "Linux's kernel is behind the double"
  : libcSkip || capabilities.features.dontFragment !== "native" && "this adapter has no system calls here" ||
    capabilities.features.fd === "unavailable" && "libc is not used on macOS where the runtime adopts no descriptors";

async function look<Answer>(what: string, env: Record<string, string> = {}): Promise<Answer> {
  const { code, signal, stdout, stderr } = await spawnSelf("macos", [what], { env: { ...process.env, ...env } });
  assertEquals([code, signal], [0, null], stderr);
  return JSON.parse(stdout);
}

/** What is otherwise than on Linux, for each adapter. */
const DIFFERENT: Readonly<Record<typeof runtime, Readonly<Record<string, string>>>> = {
  bun: {
    connect: "emulated",
    icmpErrors: "unavailable",
    sendBatch: "emulated",
  },
  deno: { linkLocalScope: "emulated", sendBatch: "emulated" },
  node: { sendBatch: "emulated" },
};
const DIFFERENT_EVERYWHERE = {
  bindToDevice: "unavailable",
  pathMTU: "unavailable",
  receiveInfo: "unavailable",
  receiveOffload: "emulated",
  reusePort: "unavailable",
  sendOffload: "emulated",
};

test("macOS has the features of Linux, but for those whose reasons the notes tell", { skip }, async () => {
  const { features, notes } = await look<Capabilities>("capabilities");
  // Node's own answers are of the system that it runs on.
  const ofSystem = runtime === "node" ? { reusePort: undefined } : {};
  const different = { ...DIFFERENT_EVERYWHERE, ...DIFFERENT[runtime], ...ofSystem };
  const expected = Object.entries(different).filter(([, support]) => support !== undefined);
  const changed = Object.entries(features).filter(([feature, support]) =>
    support !== capabilities.features[feature as keyof Capabilities["features"]]
  );
  assertEquals(Object.fromEntries(changed), Object.fromEntries(expected));
  for (const [feature] of changed) {
    assertEquals(typeof notes[feature as keyof Capabilities["notes"]], "string", feature);
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
    ],
    beforeResume: 6,
    closedOnExec: true,
  });
});

test("two sockets with reuseAddr share a port, and both hear a group", { skip }, async () => {
  assertEquals(await look("shared"), ["to both", "to both"]);
});

test("each scenario gives the oracle's trace on macOS", {
  skip: skip || (runtime === "node" && "Node's own node:dgram answers Linux's errno numbers"),
}, async () => {
  const { features, notes } = await look<Capabilities>("capabilities");
  const absent = new Set(lackingScenarios({ features, notes, platform: "darwin" }));
  const played = await playAll([...absent], undefined, "conformance/run_macos").all;
  const differing: Record<string, unknown> = {};
  for (const { name, deviates } of scenarios) {
    if (absent.has(name)) continue;
    const [own, right] = [played.traces.get(name), deviates?.expected ?? traces[name]];
    if (JSON.stringify(own) !== JSON.stringify(right)) differing[name] = { own, right };
  }
  assertEquals(differing, {});
  assertEquals(played.leaked, false);
});
