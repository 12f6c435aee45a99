import { assertEquals, assertThrows } from "@std/assert";
import { capabilities } from "@x/dgram";
import { test } from "node:test";
import { select as selectOnBun } from "../../src/runtimes/bun/select.ts";
import { select as selectOnDeno } from "../../src/runtimes/deno/select.ts";
import { select as selectOnNode } from "../../src/runtimes/node/select.ts";
import { runtime } from "../support/child.ts";

test("the backend is this runtime's", () => {
  assertEquals(capabilities.runtime, runtime);
});

const choices = { Bun: selectOnBun, Deno: selectOnDeno, Node: selectOnNode };
const here = `${runtime[0].toUpperCase()}${runtime.slice(1)}`;

for (const [name, select] of Object.entries(choices)) {
  test(`what was made for ${name} alone says so on another runtime, in one sentence`, () => {
    if (name === here) {
      assertEquals(select().capabilities.runtime, runtime);
      return;
    }
    const { message } = assertThrows(select, Error);
    assertEquals(
      message,
      `@x/dgram was bundled for ${name} and runs on ${here}; bundle it with the condition "module"`,
    );
  });
}
