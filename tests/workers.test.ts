/** A socket in each thread; threads end when they like, and no other notices. */
import { assertEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import { test } from "node:test";
import { spawnSelf } from "./support/child.ts";

/** Runs one case of workers.child.ts in a process of its own, which has to end by itself. */
async function play(name: string): Promise<unknown> {
  const { stdout, stderr, code, signal, timedOut } = await spawnSelf("workers", [name], { timeout: 40_000 });
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
  skip: capabilities.features.membership === "unavailable" && "membership is unavailable",
}, async () => {
  const states = ["unbound", "binding", "idle", "receive", "flood", "close", "member"];
  assertEquals(await play("terminate"), states.map((state) => `after ${state}`));
});

test("threads that are terminated while the main thread sends and receives do not disturb it", async () => {
  assertEquals(await play("busy"), { last: "last", received: true });
});

test("a terminated thread's port is free again", async () => {
  assertEquals(await play("port"), "free");
});

test("an exception in a thread's listener ends that thread and no other", async () => {
  assertEquals(await play("throw"), { message: "from a worker's listener", after: "after" });
});
