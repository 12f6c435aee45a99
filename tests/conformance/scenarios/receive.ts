/** Receiving: what a 'message' is, and its order. */
import { Buffer } from "node:buffer";
import process from "node:process";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import { burst } from "./burst.ts";

const HOST = "127.0.0.1";

export const receiveScenarios: readonly Scenario[] = [
  scenario("'message' has a Buffer and its sender, on the socket", { rows: [94, 95] }, async (stage) => {
    const a = await stage.bound("a");
    const b = await stage.bound("b", "udp4", stage.callback("listener"));
    a.send("hello", b.address().port, HOST);
    await stage.seen("listener called");
  }),

  scenario("a message is a Buffer of its own, exactly as long as the datagram", { rows: [94] }, async (stage) => {
    const a = await stage.bound("a");
    const received: Buffer[] = [];
    const b = await stage.bound("b", "udp4", (message: Buffer) => received.push(message));
    for (const text of ["first", "second", ""]) a.send(text, b.address().port, HOST);
    await stage.seen("b 'message'", 3);
    stage.note("Buffers", ...received.map((message) => Buffer.isBuffer(message)));
    stage.note("offsets", ...received.map((message) => message.byteOffset));
    stage.note("memory", ...received.map((message) => message.buffer.byteLength));
    stage.note("each its own", new Set(received.map((message) => message.buffer)).size);
    received[0].fill("x");
    stage.note("contents", ...received);
  }),

  scenario("a sender is a plain object of its own, in one order of keys", { rows: [95] }, async (stage) => {
    const a = await stage.bound("a");
    const received: object[] = [];
    const b = await stage.bound("b", "udp4", (_: Buffer, from: object) => received.push(from));
    burst(a, b, 2);
    await stage.seen("b 'message'", 2);
    stage.keys("sender", received[0]);
    stage.note("plain", Object.getPrototypeOf(received[0]) === Object.prototype);
    stage.note("each its own", received[0] !== received[1]);
    const descriptor = Object.getOwnPropertyDescriptor(received[0], "address")!;
    stage.note("writable", descriptor.writable, descriptor.configurable);
  }),

  scenario("a sender on IPv6 has the family IPv6", { rows: [95], ipv6: true }, async (stage) => {
    const a = await stage.bound("a", "udp6");
    const b = await stage.bound("b", "udp6");
    a.send("hello", b.address().port, "::1", stage.callback("cb"));
    await stage.seen("b 'message'");
    await stage.seen("cb called");
  }),

  scenario("an IPv4 sender on a dual-stack socket has a mapped address", { rows: [96], ipv6: true }, async (stage) => {
    const a = await stage.bound("a");
    const b = stage.socket("b", "udp6");
    b.bind(0);
    await stage.seen("b 'listening'");
    stage.name(b.address().port, "port b");
    a.send("hello", b.address().port, HOST, stage.callback("cb"));
    await stage.seen("b 'message'");
    await stage.seen("cb called");
  }),

  scenario("an answer to a mapped address arrives", { rows: [85, 96], ipv6: true }, async (stage) => {
    const a = await stage.bound("a");
    const b = stage.socket("b", "udp6");
    b.on("message", (_: Buffer, from: { port: number; address: string }) => {
      b.send("answer", from.port, from.address, stage.callback("answered"));
    });
    b.bind(0);
    await stage.seen("b 'listening'");
    a.send("question", b.address().port, HOST);
    await stage.seen("a 'message'");
    await stage.seen("answered called");
  }),

  scenario("datagrams of length 0 are received", { rows: [97] }, async (stage) => {
    const a = await stage.bound("a");
    const b = await stage.bound("b");
    for (const message of ["", Buffer.alloc(0), [], ["", ""]]) a.send(message, b.address().port, HOST);
    a.send("end", b.address().port, HOST);
    await stage.seen("b 'message'", 5);
  }),

  scenario("datagrams arrive in the order in which they were sent", { rows: [75, 93] }, async (stage) => {
    const a = await stage.bound("a");
    const b = await stage.bound("b");
    burst(a, b, 100);
    await stage.seen("b 'message'", 100);
  }),

  scenario("ticks and microtasks run between two messages of a burst", { rows: [98] }, async (stage) => {
    const a = await stage.bound("a");
    const b = await stage.bound("b", "udp4", (message: Buffer) => {
      stage.note(`${message}`);
      process.nextTick(() => stage.note(`tick of ${message}`));
      queueMicrotask(() => stage.note(`microtask of ${message}`));
    });
    burst(a, b, 5);
    await stage.seen("microtask of m4");
    await stage.seen("tick of m4");
  }),

  scenario("a socket receives what it sends to itself", { rows: [93] }, async (stage) => {
    const a = await stage.bound("a");
    burst(a, a, 3);
    await stage.seen("a 'message'", 3);
  }),

  scenario("a socket that was bound by send() receives", { rows: [46, 93] }, async (stage) => {
    const b = await stage.bound("b", "udp4", (message: Buffer, from: { port: number; address: string }) => {
      b.send(message, from.port, from.address);
    });
    const a = stage.socket("a");
    a.send("there and back", b.address().port, HOST);
    await stage.seen("a 'message'");
  }),

  scenario(
    "a connected socket hears its peer and nobody else",
    { rows: [62, 93], needs: ["connect"] },
    async (stage) => {
      const peer = await stage.bound("peer");
      const other = await stage.bound("other");
      const a = await stage.connected("a", peer.address().port);
      const { port } = a.address();
      other.send("from another", port, HOST, stage.callback("another"));
      await stage.seen("another called");
      peer.send("from the peer", port, HOST, stage.callback("the peer"));
      await stage.seen("a 'message'");
      await stage.quiet();
    },
  ),

  scenario(
    "a socket hears everybody again after disconnect()",
    { rows: [27, 62], needs: ["connect"] },
    async (stage) => {
      const peer = await stage.bound("peer");
      const other = await stage.bound("other");
      const port = await stage.freePort("a");
      const a = stage.socket("a");
      a.bind(port, HOST);
      a.connect(peer.address().port, HOST, stage.callback("connect"));
      await stage.seen("connect called");
      other.send("while connected", port, HOST, stage.callback("first"));
      await stage.quiet();
      a.disconnect();
      other.send("after disconnect()", port, HOST, stage.callback("second"));
      await stage.seen("a 'message'");
      a.send("to another", other.address().port, HOST, stage.callback("third"));
      await stage.seen("other 'message'");
      await stage.quiet();
    },
  ),
];
