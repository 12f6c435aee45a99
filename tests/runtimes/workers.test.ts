/** A socket in each thread; threads end when they like, and no other notices. */
import { assertEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import { test } from "node:test";
import { runtime, spawnSelf } from "../support/child.ts";
import { noIPv6 } from "../support/wire.ts";

const { features } = capabilities;

const isOldestBun = runtime === "bun" && features.fd === "unavailable";

/**
 * How a runtime itself dies now and then where a thread ends. Such a process is asked again; a wrong answer is not.
 *
 * - Bun 1.2.23, by SIGILL or SIGSEGV where one is terminated (oven-sh/bun#23522, #23622): one of 200 runs on a busy
 *   machine. By SIGABRT where an exception of a tick or of a microtask ends one (oven-sh/bun#19877): 19 of 1,400
 *   threads without a socket or with a plain Bun.udpSocket, 75 of 783 runs of this test's on a machine as busy, none of
 *   900 on Bun 1.4.5.
 * - Node 20.20.2, by SIGABRT where a datagram comes to a thread that is being ended: node::AddressToJS can't make its
 *   address then, and asks for it all the same. Seen once; not in 4,600 threads with node:dgram and 2,800 with this module
 *   that were made to see it.
 */
const crashes = (name: string, { signal, stderr }: { signal: string | null; stderr: string }): boolean =>
  isOldestBun
    ? signal === "SIGILL" || signal === "SIGSEGV" || (signal === "SIGABRT" && name === "throw")
    : runtime === "node" && signal === "SIGABRT" && /FromJust[^]*node::AddressToJS/.test(stderr);

/** Runs one case of workers.child.ts in a process of its own, which has to end by itself. */
async function play(name: string, ...args: string[]): Promise<unknown> {
  const run = () => spawnSelf("runtimes/workers", [name, ...args], { timeout: 40_000 });
  let result = await run();
  for (let again = 0; again < 3 && crashes(name, result); again++) result = await run();
  const { stdout, stderr, code, signal, timedOut } = result;
  assertEquals({ code, signal, timedOut }, { code: 0, signal: null, timedOut: false }, stderr);
  return JSON.parse(stdout);
}

test("each thread has a socket of its own, and ends when that is closed", async () => {
  assertEquals(await play("echo"), { same: true, codes: [0, 0, 0] });
});

test("a thread with an unbound socket ends by itself", async () => {
  assertEquals(await play("unbound"), 0);
});

test("threads that are terminated in any state leave the main thread's socket at work", {
  skip: features.membership === "unavailable" && "membership is unavailable",
}, async () => {
  const states = ["unbound", "binding", "idle", "receive", "flood", "close", "member"];
  assertEquals(await play("terminate"), states.map((state) => `after ${state}`));
});

test("threads that are terminated while the main thread sends and receives do not disturb it", async () => {
  assertEquals(await play("busy"), { last: "last", received: true });
});

/** Who owns the descriptor is different for each. */
const sockets = [
  ["a socket", { type: "udp4" }, "idle", false],
  ["one with receiveInfo", { type: "udp4", receiveInfo: true }, "receive", features.receiveInfo !== "native"],
  ["one with receiveOffload", { type: "udp4", receiveOffload: true }, "receive", false],
  ["a paused one", { type: "udp4" }, "pause", features.pause === "unavailable"],
  [
    "a paused one with receiveOffload",
    { type: "udp4", receiveOffload: true },
    "pause",
    features.pause === "unavailable",
  ],
  ["one on every address", { type: "udp6" }, "idle", false],
] as const;

const keepsPorts = isOldestBun &&
  "Bun 1.2.23 leaves the sockets of a thread that has ended open";

for (const [what, options, task, absent] of sockets) {
  for (const end of ["terminated", "exit"] as const) {
    test(`the port of ${what} is free again when its thread ${end === "exit" ? "exits" : "is terminated"}`, {
      skip: (absent && "there is none here") || keepsPorts || noIPv6(options.type === "udp6" ? 6 : 4),
    }, async () => {
      assertEquals(await play("port", JSON.stringify(options), task, end), "free");
    });
  }
}

test("an exception in a thread's listener ends that thread and no other", async () => {
  assertEquals(await play("throw"), { message: "from a worker's listener", after: "after" });
});
