/** What a program sees that hears `uncaughtException` and goes on. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { spawnSelf } from "../support/child.ts";

test("an exception of a tick that closes a socket which has just sent is told once, and the program goes on", async () => {
  const { stdout, code, timedOut } = await spawnSelf("core/thrown_turn", [], { timeout: 20_000 });
  assertEquals({ code, timedOut }, { code: 0, timedOut: false });
  assertEquals(JSON.parse(stdout).sort(), ["close", "of the tick"]);
});
