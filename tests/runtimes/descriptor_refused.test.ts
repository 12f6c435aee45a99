/** A descriptor that can't be adopted is left as it was: with whom it belongs to, and open. */
import { assert, assertEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import { resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { root, selfCommand } from "../support/child.ts";
import { startProcess } from "../support/json_process.ts";
import { python, pythonSkip } from "../support/python.ts";
import { within } from "../support/within.ts";

const { features, notes } = capabilities;
const skip = process.platform !== "linux" ? "descriptors are listed below /proc" : pythonSkip ||
  (features.fd === "unavailable" && (notes.fd ?? "fd is unavailable"));

interface Outcome {
  readonly given: unknown[];
  readonly own: [string, boolean][];
  readonly heard: string;
}

test("a descriptor that is refused stays open, and with the socket that has it", { skip }, async () => {
  const [program, args] = selfCommand("runtimes/descriptor_refused");
  const script = resolve(root, "tests", "peers", "descriptor.py");
  const child = startProcess(python, [script, "others", program, ...args]);
  child.end();
  const { stdout, stderr, code } = await within(child.result, "the adoptions", 30_000);
  assertEquals({ stderr, code }, { stderr: "", code: 0 });
  const { given, own, heard }: Outcome = JSON.parse(stdout);
  assertEquals(given, [
    ["ERR_INVALID_FD_TYPE", true],
    ["ERR_INVALID_FD_TYPE", true],
    ["ERR_INVALID_FD_TYPE", true],
  ]);
  assert(own.length > 0);
  for (const outcome of own) assertEquals(outcome, ["EEXIST", true]);
  assertEquals(heard, "hello from its own port");
});
