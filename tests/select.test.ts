import { assertEquals, assertThrows } from "@std/assert";
import { capabilities } from "@x/dgram";
import { test } from "node:test";
import { select } from "../src/runtimes/select_node.ts";
import { runtime } from "./support/child.ts";

test("the backend is this runtime's", () => {
  assertEquals(capabilities.runtime, runtime);
});

test("what was made for Node alone says so on another runtime, and does not use its node:dgram", () => {
  if (runtime === "node") assertEquals(select().name, "node");
  else assertThrows(select, Error, `was bundled for Node and runs on ${runtime === "bun" ? "Bun" : "Deno"}`);
});
