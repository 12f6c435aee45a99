/** What a connection is where the kernel refuses something: over a network whose answers the test gives. */
import { assertEquals, assertThrows } from "@std/assert";
import { createSocket } from "@x/dgram";
import { test } from "node:test";
import { errnoOf } from "../support/errno_of.ts";
import { ScriptedBackend } from "../support/scripted_backend.ts";

test("a disconnect() that the kernel refuses throws, and the socket stays connected", () => {
  const backend = new ScriptedBackend();
  const socket = createSocket({ type: "udp4", backend });
  socket.connectSync(9, "127.0.0.1");
  backend.answer = errnoOf("ENOBUFS");
  assertThrows(() => socket.disconnect(), Error, "disconnect ENOBUFS");
  assertEquals(socket.remoteAddress().port, 9);
  backend.answer = 1;
  socket.disconnect();
  assertThrows(() => socket.remoteAddress(), Error, "Not connected");
  socket.close();
});
