/** The module in the place of node:dgram. From the package, and below libraries, the matrix has it in `dependents`. */
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { runtime, spawnSelf } from "../support/child.ts";

test("what loads node:dgram later has this module's sockets by whatever way, or it is said that it has not", async () => {
  const { stdout, stderr, code } = await spawnSelf("register/register");
  if (runtime === "bun") {
    // The adapter for Node has imported it there before, as no other does in the package: that is told, as always.
    assert(code !== 0 && stderr.includes("ERR_DGRAM_NOT_REPLACED"), stderr);
    return;
  }
  assertEquals(code, 0, stderr);
  // Deno's hooks need a file to lead to.
  const refusal = runtime === "deno" ? "ERR_DGRAM_NOT_REPLACED" : "";
  assertEquals(JSON.parse(stdout), { refusal, found: [true, true, true] });
});
