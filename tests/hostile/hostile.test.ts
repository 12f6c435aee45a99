/** Whatever is given to whatever function of an entry: an error with a code, no crash, no hang, and a socket that goes on. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { root, spawnSelf } from "../support/child.ts";
import type { Told } from "./attack.ts";
import { entries } from "./subjects.ts";

test("every entry of the package is attacked, with all that it exports", () => {
  const { exports } = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8"));
  assertEquals(Object.keys(entries), Object.keys(exports).filter((name) => name !== "./package.json").sort());
});

test("what somebody has put on every object is no option of calls without options", async () => {
  const { stdout, stderr } = await spawnSelf("hostile/pollution", [], { silence: 120_000 });
  const told = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(told.filter((each) => typeof each === "object"), [], stderr.slice(-2000));
  assertEquals([told[0], told.at(-1)], ["main", "done"], stderr.slice(-2000));
});

for (const [entry, { subjects }] of Object.entries(entries)) {
  test(`${entry} takes whatever it is given`, async () => {
    const { stdout, stderr, code } = await spawnSelf("hostile/hostile", [entry], { silence: 120_000 });
    const told = stdout.split("\n").filter((line) => line.startsWith("{")).map((line) =>
      JSON.parse(line) as Told & { subject: string }
    );
    assertEquals(told.flatMap(({ subject, findings }) => findings.map((finding) => ({ subject, ...finding }))), []);
    const names = ["what it exports", ...Object.keys(subjects)];
    assertEquals([told.map(({ subject }) => subject), code], [names, 0], stderr.slice(-2000));
    // The entry register exports nothing.
    assert(entry === "./register" || told.some(({ calls }) => calls > 50));
  });
}
