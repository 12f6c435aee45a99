/** What becomes of a socket that its program has forgotten. */
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { spawnSelf } from "../support/child.ts";

test("a bound socket lives on though its program has forgotten it; an unbound and a closed one are collected", async () => {
  const { stdout, stderr, code } = await spawnSelf("core/forgotten");
  assertEquals(code, 0, stderr);
  assertEquals(JSON.parse(stdout), {
    boundHeard: 18,
    // As on node:dgram: unref() lets the process end, and the socket be.
    unreferencedHeard: 18,
    unbound: true,
    closed: true,
    pausedPorts: true,
  });
});
