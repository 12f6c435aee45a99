/** The optional peer koffi: one that is missing, broken or too old takes nothing away but what it would have brought. */
import { assert, assertEquals } from "@std/assert";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { provideBuiltins } from "../../../src/core/builtins.ts";
import type { Absent, Binding } from "../../../src/runtimes/libc/calls.ts";
import { koffiBinding } from "../../../src/runtimes/libc/koffi_binding.ts";
import { LINUX } from "../../../src/runtimes/libc/linux.ts";
import { root, runtime } from "../../support/child.ts";

// Each runtime's own select does that for the adapters.
provideBuiltins({ module: nodeModule as never });

/** What is found from a folder that has a package koffi of this code, or none. */
function found(code?: string): Binding | Absent {
  const folder = mkdtempSync(join(tmpdir(), "dgram-koffi-"));
  try {
    const place = join(folder, "node_modules", "koffi");
    mkdirSync(place, { recursive: true });
    if (code !== undefined) writeFileSync(join(place, "index.js"), code);
    return koffiBinding(LINUX, "x64", ["socket"], join(folder, "from.js"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const reason = (code?: string): string => (found(code) as Absent).absent;
const elsewhere = runtime === "node" ? false : "koffi is for Node, and others tell otherwise that a package is missing";

test("where koffi is not installed the note says that it would bring the system calls", { skip: elsewhere }, () => {
  assertEquals(reason(), "the package koffi is not installed, which would bring it");
});

test("a koffi that can't be loaded, or that needs something which is missing, is told in one line and never thrown", () => {
  assertEquals(
    reason('throw new Error("wrong\\narchitecture")'),
    "the package koffi does not work: Error: wrong",
  );
  assert(reason('require("koffi-of-nowhere")').startsWith("the package koffi does not work: "));
});

test("a koffi that lacks what is used, or that answers no addresses, is named with its version", () => {
  assertEquals(
    reason('module.exports = { version: "1.0.0", load() {}, address() {} }'),
    "the package koffi 1.0.0 has no errno()",
  );
  for (const address of ["() => 1", '() => { throw new TypeError("Unexpected Uint8Array value for ptr") }']) {
    assertEquals(
      reason(`module.exports = { version: "2.9.0", load: () => ({ func() {} }), errno() {}, address: ${address} }`),
      "the package koffi 2.9.0 knows no addresses; 3.0 does",
    );
  }
  assertEquals(
    reason(
      'module.exports = { version: "3.9.0", errno() {}, address: () => 1n, load() { throw new Error("no process") } }',
    ),
    "the package koffi 3.9.0 does not work: Error: no process",
  );
});

test("the koffi that is installed calls the C library and tells its errno", {
  skip: elsewhere,
}, () => {
  const binding = koffiBinding(LINUX, "x64", ["socket", "close"], join(root, "from.js"));
  assert(!("absent" in binding), JSON.stringify(binding));
  assertEquals(binding.calls.close(-1), -1);
  assertEquals(binding.errno(), 9);
  const block = new Uint8Array(new ArrayBuffer(128));
  assertEquals(binding.address(block.subarray(64)) - binding.address(block), 64n);
});
