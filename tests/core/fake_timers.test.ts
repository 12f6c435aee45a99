/** Sockets in tests whose runner has faked the timers: those of node:dgram go on, since they use none of these. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { spawnSelf } from "../support/child.ts";

test("sockets that are made while a test's clock stands still work, and use none of its fakes", async () => {
  const { stdout, stderr, code } = await spawnSelf("core/fake_timers", [], { timeout: 20_000 });
  assertEquals(code, 0, stderr);
  assertEquals(JSON.parse(stdout), {
    listening: true,
    received: 20,
    calledBack: 20,
    held: 5,
    canceled: "ECANCELED",
    called: [],
  });
});
