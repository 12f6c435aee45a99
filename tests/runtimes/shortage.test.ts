/** A process that runs out of descriptors for a while: only what was decided is kept. */
import { assertEquals } from "@std/assert";
import { capabilities, type Feature } from "@x/dgram";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { lacking } from "../network/needs.ts";
import { selfCommand } from "../support/child.ts";
import { startProcess } from "../support/json_process.ts";
import { within } from "../support/within.ts";

const skip = process.platform === "win32" && "descriptors are not limited on Windows";

async function play<T>(name: string): Promise<T> {
  const [command, args] = selfCommand("runtimes/shortage", [name]);
  const limited = ["-c", 'ulimit -n 64; exec "$@"', "sh", command, ...args];
  const child = startProcess("sh", limited, { timeout: 30_000 });
  child.end();
  const { stdout, stderr, code } = await child.result;
  assertEquals(code, 0, stdout + stderr);
  return JSON.parse(stdout);
}

test("what is found out while there are no descriptors left is found out again afterwards", { skip }, async () => {
  const { refused, after, binds } = await play<Record<string, unknown>>("features");
  const names = Object.keys(capabilities.features) as Feature[];
  assertEquals(refused, "EMFILE");
  assertEquals(after, Object.fromEntries(names.map((name) => [name, capabilities.features[name]])));
  assertEquals(Object.values(binds as object).filter((result) => result !== "bound"), []);
});

test("a socket is paused though there are no descriptors left, and loses nothing", {
  skip: skip || lacking("pause"),
}, async () => {
  const all = Array.from({ length: 10 }, (_, i) => i);
  assertEquals(await play("pause"), { inShortage: [], heard: all });
});

test(
  "a socket whose number is beyond a limit that was lowered is paused, loses nothing, and leaves its port when it is closed",
  {
    skip: skip || lacking("pause") || (spawnSync("prlimit", ["--version"]).error && "there is no prlimit"),
  },
  async () => {
    const [command, args] = selfCommand("runtimes/shortage", ["lowered"]);
    const child = startProcess(command, args, { timeout: 30_000 });
    const { pid } = await within(child.next<{ pid: number }>(), "the child's start");
    assertEquals(spawnSync("prlimit", ["--pid", String(pid), "--nofile=100:"]).status, 0);
    child.send("go on");
    const told = await within(child.next(), "what the child saw");
    child.end();
    const { code, stderr } = await within(child.result, "the child's end");
    assertEquals([code, told], [0, { whilePaused: [], heard: ["while it is paused"] }], stderr);
  },
);
