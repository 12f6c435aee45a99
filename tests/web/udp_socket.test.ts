/** `@x/dgram/web`: how a UDPSocket is made, and its messages. */
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { type UDPMessage, UDPSocket, type UDPSocketOptions } from "@x/dgram/web";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { freePort } from "../support/free_port.ts";
import {
  bytes,
  codeOf,
  lacks,
  LOOPBACK,
  noIPv6,
  read,
  readText,
  rejection,
  staged,
  text,
  withLookup,
} from "../support/web_stage.ts";
import { watchSockets } from "../support/watch_sockets.ts";
import { within } from "../support/within.ts";
// The constructor

const port = 5353;
const refused: readonly (readonly [what: string, options: unknown])[] = [
  ["no options", undefined],
  ["options that are no object", 7],
  ["no mode at all", {}],
  ["a remoteAddress without a remotePort", { remoteAddress: LOOPBACK }],
  ["a remotePort without a remoteAddress", { remotePort: port }],
  ["a localPort without a localAddress", { localPort: port }],
  ["a localPort without a localAddress in connected mode", {
    remoteAddress: LOOPBACK,
    remotePort: port,
    localPort: port,
  }],
  ["a localPort of 0", { localAddress: LOOPBACK, localPort: 0 }],
  ["both modes", { remoteAddress: LOOPBACK, remotePort: port, localAddress: LOOPBACK }],
  ["both modes, one of them by half", { remoteAddress: LOOPBACK, localAddress: LOOPBACK }],
  ["a localAddress that is a name", { localAddress: "localhost" }],
  ["an empty localAddress", { localAddress: "" }],
  ["a dnsQueryType in bound mode", { localAddress: LOOPBACK, dnsQueryType: "ipv4" }],
  ["a dnsQueryType that is none", { remoteAddress: LOOPBACK, remotePort: port, dnsQueryType: "ipv5" }],
  ["ipv6Only in connected mode", { remoteAddress: "::1", remotePort: port, ipv6Only: true }],
  ["ipv6Only with another localAddress", { localAddress: "::1", ipv6Only: true }],
  ["ipv6Only of false with another localAddress", { localAddress: LOOPBACK, ipv6Only: false }],
  ["a remotePort of 65536", { remoteAddress: LOOPBACK, remotePort: 65536 }],
  ["a remotePort of -1", { remoteAddress: LOOPBACK, remotePort: -1 }],
  ["a localPort of 65536", { localAddress: LOOPBACK, localPort: 65536 }],
  ["a localPort that is no number", { localAddress: LOOPBACK, localPort: "http" }],
  ["a localPort that is a bigint", { localAddress: LOOPBACK, localPort: 7n }],
  ["a sendBufferSize of 0", { localAddress: LOOPBACK, sendBufferSize: 0 }],
  ["a receiveBufferSize of 0", { localAddress: LOOPBACK, receiveBufferSize: 0 }],
  ["a receiveBufferSize of 2 ** 32", { localAddress: LOOPBACK, receiveBufferSize: 2 ** 32 }],
  ["a sendBufferSize of Infinity", { localAddress: LOOPBACK, sendBufferSize: Infinity }],
  ["a multicastTimeToLive of 256", { localAddress: LOOPBACK, multicastTimeToLive: 256 }],
  ["an inboxLimit of 0", { localAddress: LOOPBACK, inboxLimit: 0 }],
];

for (const [what, options] of refused) {
  test(`the UDPSocket constructor throws a TypeError for ${what}`, () => {
    assertThrows(() => new UDPSocket(options as UDPSocketOptions), TypeError);
  });
}

staged("the UDPSocket constructor converts what Web IDL converts", async (stage) => {
  const { localPort } = await stage.bound();
  const options = { remoteAddress: LOOPBACK, remotePort: `${localPort}`, inboxLimit: 3.9, localPort: undefined };
  const { remotePort } = await stage.open(options as unknown as UDPSocketOptions);
  assertEquals(remotePort, localPort);
});

// opened

staged("a bound UDPSocket tells where it is bound, and its multicast controller", async (stage) => {
  const { socket } = await stage.bound();
  const info = await socket.opened;
  assert(info.readable instanceof ReadableStream);
  assert(info.writable instanceof WritableStream);
  assert(info.localPort > 0);
  assertEquals([info.localAddress, info.remoteAddress, info.remotePort], [LOOPBACK, undefined, undefined]);
  assertEquals([...info.multicastController!.joinedGroups], []);
  assertEquals(Object.prototype.toString.call(socket), "[object UDPSocket]");
});

staged("a UDPSocket is bound to the localPort that it was given", async (stage) => {
  const localPort = await freePort();
  assertEquals((await stage.bound({ localPort })).localPort, localPort);
});

staged("a connected UDPSocket tells both of its ends", async (stage) => {
  const peer = await stage.bound();
  const { socket } = await stage.connectedTo(peer.localPort);
  const { readable: _, writable: __, localPort, ...ends } = await socket.opened;
  assert(localPort > 0);
  assertEquals(ends, { localAddress: LOOPBACK, remoteAddress: LOOPBACK, remotePort: peer.localPort });
});

staged("a UDPSocket that can't be opened rejects opened and closed with one NetworkError", async (stage) => {
  const { localPort } = await stage.bound();
  const socket = new UDPSocket({ localAddress: LOOPBACK, localPort });
  const error = await rejection(socket.opened);
  assert(error instanceof DOMException);
  assertEquals([error.name, codeOf(error)], ["NetworkError", "EADDRINUSE"]);
  assertStrictEquals(await rejection(socket.closed), error);
  assertStrictEquals(await rejection(socket.close()), error);
});

test("a UDPSocket whose peer's name has no address rejects with a NetworkError", async () => {
  for (const options of [{ remoteAddress: "" }, { remoteAddress: LOOPBACK, dnsQueryType: "ipv6" as const }]) {
    const error = await rejection(new UDPSocket({ remotePort: port, ...options }).opened);
    assertEquals([error.name, codeOf(error)], ["NetworkError", "ENOTFOUND"]);
  }
});

test("a remotePort of 0 is a NetworkError", async () => {
  const error = await rejection(new UDPSocket({ remoteAddress: LOOPBACK, remotePort: 0 }).opened);
  assertEquals([error.name, codeOf(error)], ["NetworkError", "ERR_SOCKET_BAD_PORT"]);
});

staged("a connected UDPSocket looks its peer's name up as dnsQueryType says", async (stage) => {
  const peer = await stage.bound();
  const asked: unknown[] = [];
  await withLookup((hostname, family, done) => {
    asked.push([hostname, family]);
    done(null, LOOPBACK);
  }, async () => {
    const options = { remoteAddress: "peer.test", remotePort: peer.localPort };
    assertEquals((await stage.open(options)).remoteAddress, LOOPBACK);
    await stage.open({ ...options, dnsQueryType: "ipv4" });
  });
  assertEquals(asked, [["peer.test", 0], ["peer.test", 4]]);
});

for (const option of ["receiveBufferSize", "sendBufferSize"] as const) {
  staged(`a UDPSocket opens with a ${option}`, async (stage) => {
    await stage.bound({ [option]: 65_536 });
  });
}

staged("a UDPSocket of ipv6Only leaves the port to IPv4", async (stage) => {
  // One that the kernel chooses for IPv6 alone may be somebody else's for IPv4.
  const localPort = await freePort("0.0.0.0");
  await stage.open({ localAddress: "::", localPort, ipv6Only: true });
  await stage.open({ localAddress: "0.0.0.0", localPort });
}, noIPv6 || lacks("ipv6Only"));

// Messages

staged("a bound UDPSocket reads and writes messages that name the other end", async (stage) => {
  const [a, b] = [await stage.bound(), await stage.bound()];
  await within(a.writer.write({ data: bytes("hello"), remoteAddress: LOOPBACK, remotePort: b.localPort }), "a write");
  const message = await read(b);
  assertEquals(message, { data: bytes("hello"), remoteAddress: LOOPBACK, remotePort: a.localPort });
  await b.writer.write(message);
  assertEquals(await readText(a), "hello");
});

staged("a connected UDPSocket reads and writes messages of data alone", async (stage) => {
  const peer = await stage.bound();
  const socket = await stage.connectedTo(peer.localPort);
  await socket.writer.write({ data: bytes("ping") });
  assertEquals((await read(peer)).remotePort, socket.localPort);
  await peer.writer.write({ data: bytes("pong"), remoteAddress: LOOPBACK, remotePort: socket.localPort });
  assertEquals(await read(socket), { data: bytes("pong") });
});

staged("a connected UDPSocket does not read foreign datagrams", async (stage) => {
  const [peer, stranger] = [await stage.bound(), await stage.bound()];
  const { localPort, reader } = await stage.connectedTo(peer.localPort);
  const destination = { remoteAddress: LOOPBACK, remotePort: localPort };
  await stranger.writer.write({ data: bytes("foreign"), ...destination });
  await peer.writer.write({ data: bytes("own"), ...destination });
  assertEquals(text((await within(reader.read(), "a datagram")).value!.data), "own");
});

staged("what is read is a plain Uint8Array over a buffer of its own", async (stage) => {
  const receiver = await stage.bound();
  const sender = stage.raw();
  for (const size of [0, 1, 100, 9000]) {
    sender.send(Buffer.alloc(size, 7), receiver.localPort, LOOPBACK);
    const { data } = await read(receiver);
    assertStrictEquals(Object.getPrototypeOf(data), Uint8Array.prototype);
    assertEquals([data.byteOffset, data.length, data.buffer.byteLength], [0, size, size]);
    assert(data.every((byte) => byte === 7));
    assertEquals(structuredClone(data, { transfer: [data.buffer as ArrayBuffer] }).length, size);
  }
});

staged("any BufferSource can be written", async (stage) => {
  const [a, b] = [await stage.bound(), await stage.bound()];
  const { buffer } = Uint8Array.from([1, 2, 3, 4, 5, 6]);
  const sources: [ArrayBuffer | ArrayBufferView, number[]][] = [
    [buffer, [1, 2, 3, 4, 5, 6]],
    [new Uint8Array(buffer, 1, 2), [2, 3]],
    [new Uint16Array(buffer, 2, 2), [3, 4, 5, 6]],
    [new DataView(buffer, 4), [5, 6]],
    [Buffer.from([7, 8]), [7, 8]],
    [new ArrayBuffer(0), []],
  ];
  for (const [data, expected] of sources) {
    await a.writer.write({ data, remoteAddress: LOOPBACK, remotePort: b.localPort });
    assertEquals([...(await read(b)).data], expected);
  }
});

staged("data are copied in the call of write(), also of those that wait in the stream", async (stage) => {
  const peer = await stage.bound();
  const { writer } = await stage.connectedTo(peer.localPort);
  const data = new Uint8Array(1);
  const writes = [1, 2, 3].map((number) => {
    data[0] = number;
    return writer.write({ data });
  });
  data[0] = 9;
  await within(Promise.all(writes), "the writes");
  assertEquals([(await read(peer)).data[0], (await read(peer)).data[0], (await read(peer)).data[0]], [1, 2, 3]);
});

const destination = { remoteAddress: LOOPBACK, remotePort: port };
const malformed: readonly (readonly [what: string, mode: "bound" | "connected", message: unknown])[] = [
  ["a message without data", "bound", destination],
  ["data that are a string", "bound", { data: "hello", ...destination }],
  ["data in shared memory", "bound", { data: new Uint8Array(new SharedArrayBuffer(1)), ...destination }],
  ["a message that is no object", "connected", "hello"],
  ["no message", "connected", undefined],
  ["no remoteAddress on a bound UDPSocket", "bound", { data: bytes(""), remotePort: port }],
  ["no remotePort on a bound UDPSocket", "bound", { data: bytes(""), remoteAddress: LOOPBACK }],
  ["a remotePort of 65536", "bound", { data: bytes(""), remoteAddress: LOOPBACK, remotePort: 65536 }],
  ["a dnsQueryType that is none", "bound", { data: bytes(""), ...destination, dnsQueryType: "any" }],
  ["a remoteAddress on a connected UDPSocket", "connected", { data: bytes(""), remoteAddress: LOOPBACK }],
  ["a remotePort on a connected UDPSocket", "connected", { data: bytes(""), remotePort: port }],
  ["a dnsQueryType on a connected UDPSocket", "connected", { data: bytes(""), dnsQueryType: "ipv4" }],
];

for (const [what, mode, message] of malformed) {
  staged(`a write rejects with a TypeError for ${what}`, async (stage) => {
    const { socket, writer, reader } = mode === "bound" ? await stage.bound() : await stage.connectedTo(port);
    const error = await rejection(writer.write(message as UDPMessage));
    assert(error instanceof TypeError);
    await reader.cancel();
    assertStrictEquals(await rejection(socket.closed), error);
  });
}

staged("datagrams to a host name leave in the order of their writes", async (stage) => {
  const [a, b] = [await stage.bound(), await stage.bound()];
  await withLookup(
    (_, family, done) => void setTimeout(done, 20, null, family === 4 ? LOOPBACK : "::1"),
    async () => {
      const writes = ["peer.test", LOOPBACK, "peer.test", LOOPBACK].map((remoteAddress, number) =>
        a.writer.write({ data: bytes(`${number}`), remoteAddress, remotePort: b.localPort })
      );
      await within(Promise.all(writes), "the writes");
    },
  );
  assertEquals([await readText(b), await readText(b), await readText(b), await readText(b)], ["0", "1", "2", "3"]);
});

staged("a name that can't be looked up fails the write with a NetworkError", async (stage) => {
  const { writer } = await stage.bound();
  await withLookup((_, __, done) => done(Object.assign(new Error("none"), { code: "ENOTFOUND" }), ""), async () => {
    const error = await rejection(writer.write({ data: bytes(""), remoteAddress: "peer.test", remotePort: port }));
    assertEquals([error.name, codeOf(error)], ["NetworkError", "ENOTFOUND"]);
  });
});

staged("a message to an empty remoteAddress goes nowhere, before and after one to an address", async (stage) => {
  for (const first of [false, true]) {
    const [socket, peer] = [await stage.bound(), await stage.bound()];
    const remotePort = peer.localPort;
    if (first) await socket.writer.write({ data: bytes("first"), remoteAddress: LOOPBACK, remotePort });
    const error = await rejection(socket.writer.write({ data: bytes("x"), remoteAddress: "", remotePort }));
    assertEquals([error.name, codeOf(error)], ["NetworkError", "ENOTFOUND"]);
  }
});

staged("a UDPSocket that is closed from below ends its streams, and closed says so", async (stage) => {
  const { created, stop } = watchSockets();
  const { socket, reader, writer } = await stage.bound();
  stop();
  const reading = rejection(reader.read());
  // As when a worker leaves its cluster.
  created[0].close();
  const error = await within(reading, "the end of a read");
  assertEquals([error.name, codeOf(error)], ["NetworkError", "ERR_SOCKET_DGRAM_NOT_RUNNING"]);
  assertStrictEquals(await rejection(socket.closed), error);
  assertEquals(
    (await rejection(writer.write({ data: bytes("x"), remoteAddress: LOOPBACK, remotePort: port }))).name,
    "NetworkError",
  );
});

staged("a UDPSocket on :: talks to IPv4 too", async (stage) => {
  const raw = stage.raw();
  const socket = await stage.open({ localAddress: "::" });
  const arrived = new Promise<string>((done) => raw.once("message", (message) => done(`${message}`)));
  await socket.writer.write({ data: bytes("out"), remoteAddress: LOOPBACK, remotePort: raw.address().port });
  assertEquals(await within(arrived, "the datagram"), "out");
  raw.send("in", socket.localPort, LOOPBACK);
  const message = await read(socket);
  assertEquals([text(message.data), message.remoteAddress], ["in", "::ffff:127.0.0.1"]);
}, noIPv6);
