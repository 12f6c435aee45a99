import { assert, assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { selfCommand } from "../../support/child.ts";

const REASON = "the permission model covers UDP on Node 26 only";

test("a bind that Node's permission model refuses is an 'error' with a code and a negative errno", {
  skip: isPermissionModelOverUDP() ? false : REASON,
}, () => {
  const [node, command] = selfCommand("runtimes/node/permission_model");
  const args = ["--permission", "--allow-fs-read=*", ...command];
  const { stdout, stderr } = spawnSync(node, args, { encoding: "utf8", timeout: 20_000 });
  const message = "bind ERR_ACCESS_DENIED Access to this API has been restricted. " +
    "Use --allow-net to manage permissions.";
  const lines = stdout.trim().split("\n");
  assertEquals(lines.length, 2, stderr);
  for (const line of lines) {
    const [name, text, code, errno, syscall] = JSON.parse(line);
    assertEquals([name, text, code, syscall], ["Error", message, "ERR_ACCESS_DENIED", "bind"]);
    assert(errno < 0);
  }
});

/** Only there does `--permission` refuse a bind of node:dgram itself. */
function isPermissionModelOverUDP(): boolean {
  if ("Bun" in globalThis || "Deno" in globalThis) return false;
  const own = `const socket = require("node:dgram").createSocket("udp4");
    socket.on("error", ({ code }) => console.log(code)).bind(0, () => socket.close());`;
  const { stdout } = spawnSync(process.execPath, ["--permission", "-e", own], { encoding: "utf8", timeout: 20_000 });
  return stdout.trim() === "ERR_ACCESS_DENIED";
}
