/** What a program sees whose receive block list throws. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { spawnSelf } from "../support/child.ts";

test("what a receive block list throws about one of a batch reaches the process, and the others are told", async () => {
  const { stdout, code, timedOut } = await spawnSelf("core/throwing_list", [], { timeout: 20_000 });
  assertEquals({ code, timedOut }, { code: 0, timedOut: false });
  assertEquals(JSON.parse(stdout), ["1 4", "Error: of the list"]);
});
