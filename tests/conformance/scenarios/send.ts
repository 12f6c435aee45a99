/** What send() sends: the kinds of messages, their parts, and which bytes leave. */
import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { Loose } from "../stage.ts";

const HOST = "127.0.0.1";

/** What can be sent, and how it is named. */
const payloads: readonly { readonly shown: string; readonly make: () => unknown }[] = [
  { shown: "a string, as UTF-8", make: () => "héé €" },
  { shown: "an empty string", make: () => "" },
  { shown: "a Buffer", make: () => Buffer.from("bytes") },
  { shown: "a part of a Buffer", make: () => Buffer.from("some bytes").subarray(5) },
  { shown: "an empty Buffer", make: () => Buffer.alloc(0) },
  { shown: "a Uint8Array", make: () => new Uint8Array([104, 105]) },
  { shown: "a part of a Uint8Array", make: () => new Uint8Array([104, 105, 106, 107]).subarray(1, 3) },
  { shown: "an Int8Array", make: () => new Int8Array([104, 105]) },
  { shown: "a Uint8ClampedArray", make: () => new Uint8ClampedArray([104, 105]) },
  { shown: "a Uint16Array", make: () => new Uint16Array([0x6868, 0x6969]) },
  { shown: "a Float64Array", make: () => new Float64Array([0, 0]) },
  { shown: "a BigInt64Array", make: () => new BigInt64Array([0n]) },
  { shown: "a DataView", make: () => new DataView(new Uint8Array([103, 104, 105, 106]).buffer, 1, 2) },
  { shown: "a view of shared memory", make: () => new Uint8Array(new SharedArrayBuffer(4)) },
  { shown: "an empty list", make: () => [] },
  { shown: "a list of one", make: () => ["one"] },
  {
    shown: "a list of every kind",
    make: () => ["s", Buffer.from("b"), new Uint8Array([117]), new Int16Array([0x6969])],
  },
  { shown: "a list with empty parts", make: () => ["", "x", Buffer.alloc(0), "y", ""] },
  { shown: "a list of DataViews", make: () => [new DataView(new Uint8Array([120, 121]).buffer, 1), "z"] },
  { shown: "a list of 1,024 parts", make: () => Array.from({ length: 1024 }, () => "p") },
];

export const sendScenarios: readonly Scenario[] = [
  ...payloads.map(({ shown, make }) =>
    scenario(`send() takes ${shown}`, { rows: [68, 70, 74] }, async (stage) => {
      const peer = await stage.bound("peer");
      const a = await stage.bound("a");
      stage.call("send", () => a.send(make(), peer.address().port, HOST, stage.callback("cb")));
      await stage.seen("peer 'message'");
      await stage.seen("cb called");
    })
  ),

  ...payloads.map(({ shown, make }) =>
    scenario(
      `send() on a connected socket takes ${shown}`,
      { rows: [68, 70, 79], needs: ["connect"] },
      async (stage) => {
        const peer = await stage.bound("peer");
        const a = await stage.connected("a", peer.address().port);
        stage.call("send", () => a.send(make(), stage.callback("cb")));
        await stage.seen("peer 'message'");
        await stage.seen("cb called");
      },
    )
  ),

  scenario("send() takes a list of more parts than a system call does", {
    rows: [68],
    deviates: {
      row: 68,
      expected: [
        "cb called with (null, 1025) on undefined",
        `peer 'message' Buffer '${"p".repeat(64)}'… (1025 bytes), ` +
        "{ address: '127.0.0.1', family: 'IPv4', port: <port a>, size: 1025 }",
      ],
    },
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    a.send(Array.from({ length: 1025 }, () => "p"), peer.address().port, HOST, stage.callback("cb"));
    await stage.seen("cb called");
    await stage.quiet();
  }),

  scenario("offset and length count bytes", { rows: [69] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    const { port } = peer.address();
    const words = new Uint16Array([0x6161, 0x6262, 0x6363]);
    a.send(words, 1, 4, port, HOST, stage.callback("words"));
    a.send("é!", 1, 2, port, HOST, stage.callback("string"));
    a.send(new DataView(words.buffer, 2), 1, 2, port, HOST, stage.callback("view"));
    a.send(Buffer.from("all"), 0, 3, port, HOST, stage.callback("all"));
    a.send(Buffer.from("none"), 4, 0, port, HOST, stage.callback("none"));
    await stage.seen("peer 'message'", 5);
  }),

  ...[
    { shown: "a numeric string", offset: "1", length: "2" },
    { shown: "NaN", offset: NaN, length: NaN },
    { shown: "another string", offset: "x", length: "y" },
    { shown: "undefined", offset: undefined, length: undefined },
    { shown: "null", offset: null, length: null },
    { shown: "a fraction", offset: 1.9, length: 2.9 },
    { shown: "2^32", offset: 2 ** 32, length: 2 ** 32 + 2 },
    { shown: "an object with a value", offset: { valueOf: () => 1 }, length: { valueOf: () => 2 } },
  ].map(({ shown, offset, length }) =>
    scenario(`an offset and a length that are ${shown} are read as C would`, { rows: [69] }, async (stage) => {
      const peer = await stage.bound("peer");
      const a = await stage.bound("a");
      stage.call("send", () => a.send("hello", offset, length, peer.address().port, HOST, stage.callback("cb")));
      await stage.seen("peer 'message'");
      await stage.settle();
    })
  ),

  scenario("a udp6 socket sends to ::1 where no address is given", { rows: [72], ipv6: true }, async (stage) => {
    const peer = await stage.bound("peer", "udp6");
    const a = await stage.bound("a", "udp6");
    const { port } = peer.address();
    a.send("one", port, stage.callback("first"));
    await stage.seen("peer 'message'");
    a.send("two", 0, 3, port, undefined, stage.callback("second"));
    await stage.seen("peer 'message'", 2);
  }),

  scenario("send() takes any spelling of an IPv6 address", { rows: [72, 78], ipv6: true }, async (stage) => {
    const peer = await stage.bound("peer", "udp6");
    const a = await stage.bound("a", "udp6");
    const { port } = peer.address();
    for (const address of ["::1", "0:0:0:0:0:0:0:1", "0000::0001", "::0.0.0.1"]) {
      a.send(address, port, address, stage.callback(address));
    }
    await stage.seen("peer 'message'", 4);
  }),

  scenario("the address for any means this host", { rows: [72], ipv6: true }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    a.send("x", peer.address().port, "0.0.0.0", stage.callback("cb"));
    await stage.seen("peer 'message'");
    const peer6 = await stage.bound("peer6", "udp6");
    const a6 = await stage.bound("a6", "udp6");
    a6.send("x", peer6.address().port, "::", stage.callback("cb6"));
    await stage.seen("peer6 'message'");
  }),

  scenario("a list leaves with its members of the call and their bytes of the moment", { rows: [80] }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    const { port } = peer.address();
    const list: unknown[] = ["in", Buffer.from("side")];
    a.send(list, port, HOST, stage.callback("cb"));
    list.push("after");
    (list[1] as Buffer).write("SIDE");
    list[0] = "replaced";
    await stage.seen("peer 'message'");
  }),

  scenario("a buffer changed before the datagram leaves changes the datagram", { rows: [80] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    const buffer = Buffer.from("AAAA");
    a.send(buffer, peer.address().port, HOST, stage.callback("cb"));
    buffer.fill("B");
    await stage.seen("peer 'message'");
  }),

  scenario("a buffer changed before the implicit bind is through changes the datagram", { rows: [75, 80] }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    const buffer = Buffer.from("AAAA");
    a.send(buffer, 1, 2, peer.address().port, HOST, stage.callback("cb"));
    buffer.fill("B");
    await stage.seen("peer 'message'");
  }),

  scenario("a buffer changed after send() on a connected socket does not change the datagram", {
    rows: [79, 80],
    needs: ["connect", "sendInTurn"],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.connected("a", peer.address().port);
    const buffer = Buffer.from("AAAA");
    a.send(buffer, stage.callback("cb"));
    buffer.fill("B");
    await stage.seen("peer 'message'");
  }),

  scenario("a buffer changed in send()'s callback does not change the datagram", { rows: [80] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    const buffer = Buffer.from("AAAA");
    a.send(buffer, peer.address().port, HOST, stage.callback("cb", () => buffer.fill("B")));
    await stage.seen("peer 'message'");
  }),

  scenario("send() is promisified to the number of bytes", { rows: [92] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    const send = promisify(a.send).bind(a) as Loose;
    stage.note("bytes", await send("héé", peer.address().port, HOST));
    await stage.seen("peer 'message'");
    await send(Buffer.alloc(65_508), 9, HOST).catch((error: Error) => stage.note("rejected", error));
  }),

  scenario("sendto() sends a part of a message", { rows: [89] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    const { port } = peer.address();
    stage.call("sendto", () => a.sendto("hello", 1, 3, port, HOST, stage.callback("cb")));
    stage.call("sendto", () => a.sendto(Buffer.from("hello"), 0, 5, port, HOST));
    stage.call("sendto", () => a.sendto("hello", 0, 2, port, "", stage.callback("empty address")));
    await stage.seen("peer 'message'", 3);
  }),

  scenario("sendto() on a connected socket throws", { rows: [89], needs: ["connect"] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.connected("a", peer.address().port);
    stage.call("sendto", () => a.sendto("hello", 1, 3, peer.address().port, HOST, stage.callback("cb")));
    await stage.quiet();
  }),
];
