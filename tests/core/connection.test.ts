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

test("what comes from elsewhere than the peer's address and port is told to nobody", () => {
  const backend = new ScriptedBackend();
  const socket = createSocket({ type: "udp4", backend });
  const heard: string[] = [];
  socket.on("message", (data) => heard.push(`${data}`));
  socket.bindSync();
  backend.arrive("before", 10, "127.0.0.2");
  socket.connectSync(9, "127.0.0.1");
  backend.arrive("from another port", 10, "127.0.0.1");
  backend.arrive("from another address", 9, "127.0.0.2");
  backend.arrive("from the peer", 9, "127.0.0.1");
  socket.disconnect();
  backend.arrive("after", 10, "127.0.0.2");
  assertEquals(heard, ["before", "from the peer", "after"]);
  socket.close();
});

test("a connect() whose peer the kernel won't name fails, and the socket is not connected in the kernel either", () => {
  const backend = new ScriptedBackend();
  const socket = createSocket({ type: "udp4", backend });
  backend.nameless = errnoOf("ENOBUFS");
  assertThrows(() => socket.connectSync(9, "127.0.0.1"), Error, "connect ENOBUFS");
  assertEquals(backend.peer, errnoOf("ENOTCONN"));
  backend.nameless = 0;
  socket.connectSync(9, "127.0.0.1");
  assertEquals(socket.remoteAddress().port, 9);
  socket.close();
});
