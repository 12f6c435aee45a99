/** Buffer sizes are a wish: where they can't be set the socket works all the same, and the process is warned. */
import { assertEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import { test } from "node:test";
import { spawnSelf } from "../support/child.ts";

test("a program that asks for buffer sizes works, and is warned once where they can't be set", async () => {
  const { code, stdout, stderr } = await spawnSelf("core/buffer_sizes");
  assertEquals({ code, stderr: code === 0 ? "" : stderr }, { code: 0, stderr: "" });
  const native = capabilities.features.recvBufferSize === "native";
  assertEquals(capabilities.features.sendBufferSize, capabilities.features.recvBufferSize);
  const read = native ? "number" : "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM";
  assertEquals(JSON.parse(stdout), {
    heard: ["hello", "hello", "hello"],
    read: Array.from({ length: 6 }, () => read),
    warnings: native ? [] : [{ name: "UnsupportedWarning", code: "DGRAM_BUFFER_SIZE_IGNORED" }],
  });
});
