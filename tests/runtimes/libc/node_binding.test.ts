/** node:ffi, where it can't be had. */
import { assertEquals } from "@std/assert";
import process from "node:process";
import { test } from "node:test";
import { LINUX } from "../../../src/runtimes/libc/linux.ts";
import { nodeBinding } from "../../../src/runtimes/libc/node_binding.ts";

test("a node:ffi that throws as it is loaded is absent, as where a program makes errors of warnings", () => {
  const { getBuiltinModule } = process;
  process.getBuiltinModule = () => {
    throw new Error("no warnings");
  };
  try {
    assertEquals(nodeBinding(LINUX, "x64", ["socket"]), {
      absent: "the C library could not be loaded: Error: no warnings",
    });
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
});
