import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import * as dgram from "@x/dgram";
import type { Buffer } from "node:buffer";
import { once } from "node:events";
import { test } from "node:test";
import { spawnSelf } from "./support/child.ts";

test("a datagram sent on 127.0.0.1 arrives with its sender's address", async () => {
  const receiver = dgram.createSocket("udp4");
  const sender = dgram.createSocket("udp4");
  try {
    receiver.bind(0, "127.0.0.1");
    await once(receiver, "listening");
    sender.bind(0, "127.0.0.1");
    await once(sender, "listening");

    const arrived = once(receiver, "message");
    sender.send("ping", receiver.address().port, "127.0.0.1");
    const [message, from] = await arrived as [Buffer, { address: string; family: string; port: number; size: number }];

    assertEquals(message.toString(), "ping");
    assertEquals({ ...from }, { address: "127.0.0.1", family: "IPv4", port: sender.address().port, size: 4 });
  } finally {
    const closed = [once(receiver, "close"), once(sender, "close")];
    receiver.close();
    sender.close();
    await Promise.all(closed);
  }
});

test("the CommonJS and ESM faces of the package agree with the module itself", () => {
  assertEquals(typeof dgram.createSocket, "function");
  assertEquals(dgram.default.createSocket, dgram.createSocket);
});

test("a child of the same runtime exchanges a datagram with itself and exits by itself", async () => {
  const result = await spawnSelf("smoke", ["pong"]);
  assertEquals({ ...result, stderr: "" }, { stdout: "pong\n", stderr: "", code: 0, signal: null, timedOut: false });
});

test("an error's stack begins with its code, and leads to the call that threw it", () => {
  const socket = dgram.createSocket("udp4");
  const caller = (): unknown[] => [socket.disconnect()];
  const { stack } = assertThrows(caller) as Error;
  assertMatch(stack!, /^Error \[ERR_SOCKET_DGRAM_NOT_CONNECTED\]: Not connected\n(.*\n)*.*\bcaller\b/);
  socket.close();
});
