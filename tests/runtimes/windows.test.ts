/**
 * The module on Windows, as far as that shows without one: each child takes itself for a process on Windows, with sockets
 * of its runtime that answer as they do there (tests/windows). What Windows' kernel does by itself, only Windows shows.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Capabilities, capabilities, type Feature } from "@x/dgram";
import { networkInterfaces } from "node:os";
import process from "node:process";
import { test } from "node:test";
import { runtime, spawnSelf } from "../support/child.ts";

const skip = process.platform === "linux" ? false : "Linux's kernel is behind it";
const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));

async function look<Answer>(what: string): Promise<Answer> {
  const { code, signal, stdout, stderr } = await spawnSelf("runtimes/windows", [what]);
  assertEquals([code, signal], [0, null], stderr);
  return JSON.parse(stdout);
}

interface Tables {
  readonly own: Capabilities;
  readonly other?: Capabilities;
}

/** What a user may have done already. */
const ADVICE = /--allow-ffi|ffi entry|Bun that|or later/;

test("on Windows the capabilities name what is missing, with reasons that nobody can have met already", {
  skip,
}, async () => {
  const { own, other } = await look<Tables>("capabilities");
  for (const { features, notes } of other === undefined ? [own] : [own, other]) {
    for (const feature of ["cluster", "fd", "icmpErrors"] as const) {
      assertEquals([feature, features[feature]], [feature, "unavailable"]);
    }
    // Node's own node:dgram is one of Linux, or too old to know of it.
    if (runtime !== "node") assertEquals(features.reusePort, "unavailable");
    for (const [feature, support] of Object.entries(features)) {
      const note = notes[feature as Feature];
      if (support !== "native") assert(note, `${feature} is ${support}, and no note says why`);
      if (runtime === "node" && feature === "reusePort") continue;
      if (note !== undefined) assert(!ADVICE.test(note), `${feature}: ${note}`);
    }
  }
});

test("on Windows bind({ fd }) throws, and the process goes on", { skip }, async () => {
  assertEquals(await look("descriptor"), ["ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", "alive"]);
});

test("on Windows a cluster's workers bind each for itself, and their primary lives", {
  skip: skip || capabilities.features.cluster === "unavailable" && "there are no shared sockets here",
}, async () => {
  assertEquals(await look("cluster"), true);
});

test("on Windows a bind with reusePort fails with ENOTSUP", {
  skip: skip || runtime === "node" && "Node's own node:dgram knows that it is on Linux",
}, async () => {
  assertEquals(await look("reusePort"), "ENOTSUP");
});

test("on Windows a udp6 socket on every address hears and answers IPv4, too", {
  skip: skip || !hasIPv6 && "there is no ::1 here",
}, async () => {
  const mapped = { address: "::ffff:127.0.0.1", family: "IPv6" };
  const four = { address: "127.0.0.1", family: "IPv4" };
  assertEquals(await look("both"), {
    code: "EADDRINUSE",
    received: { text: "to six", ...mapped },
    answered: { text: "to four", ...four },
    sent: [16, 3, 13],
    texts: ["::1", "::ffff:127.0.0.1", "::ffff:7f00:1"],
    local: "::ffff:127.0.0.1",
    address: "::ffff:127.0.0.1",
    own: true,
    connected: { text: "connected", ...four },
    back: { text: "back", ...mapped },
    later: runtime === "node" ? null : { text: "later", address: "::1", family: "IPv6" },
  });
});

test("on Windows an ICMP message is no 'error', and receiving goes on", { skip }, async () => {
  assertEquals(await look("reset"), { told: [], texts: ["before", "after", "before", "after"] });
});

test("on Windows a connect() to everybody is EACCES, unless broadcasts are allowed", { skip }, async () => {
  assertEquals(await look("refused"), ["EACCES", "255.255.255.255"]);
});

test("on Windows the warning about sizes that can't be set advises nothing that would not help", {
  skip: skip || runtime === "node" && "they can be set on Node",
}, async () => {
  const { code, message } = await look<{ code: string; message: string }>("sizes");
  assertEquals(code, "DGRAM_BUFFER_SIZE_IGNORED");
  assertMatch(message, /win32/);
  assert(!ADVICE.test(message), message);
  assertStringIncludes(message, "needs libc");
});
