/** Which class is node:dgram's own, in a process in which nobody has asked before. */
import { assertEquals } from "@std/assert";
import type { Socket } from "node:dgram";
import { test } from "node:test";
import { dgramSocket, type FoundDgram, OWN_CLASS } from "../../src/core/own_dgram.ts";

const named = (name: string): typeof Socket => ({ name }) as unknown as typeof Socket;

test("the class that another copy of the module has found is taken, whatever stands in its place by now, for good", () => {
  const stub = Object.assign(named("a stub"), { wrappedMethod: named("what it was made of") });
  const found: FoundDgram = { Socket: stub, [OWN_CLASS]: named("node:dgram's own") };
  assertEquals(dgramSocket(found).name, "node:dgram's own");
  assertEquals(dgramSocket({ Socket: named("another") }).name, "node:dgram's own");
});
