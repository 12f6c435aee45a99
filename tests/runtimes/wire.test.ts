/** What a plain peer in Python sees of a socket, and it of the peer. */
import { assertEquals } from "@std/assert";
import type { Socket } from "@x/dgram";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { test } from "node:test";
import type { JsonProcess } from "../support/json_process.ts";
import { noAddress } from "../support/loopback.ts";
import { peersSkip, startPeer } from "../support/python.ts";
import { close } from "../support/close.ts";
import { bound, end, FAMILIES, type Family, GROUP, lacking, LOOPBACK, noIPv6, unique } from "../support/wire.ts";
import { within } from "../support/within.ts";

interface Seen {
  readonly text: string;
  readonly size: number;
  readonly ttl: number;
  readonly address: string;
  readonly port: number;
}

/** A Python peer on loopback, or a member of a group there. */
async function peerOn(family: Family, group?: string): Promise<{ peer: JsonProcess; port: number }> {
  const address = group ?? LOOPBACK[family];
  const peer = startPeer("receiver", [String(family), address, ...(group ? [group] : [])]);
  const { port } = await within(peer.next<{ port: number }>(), "the peer's port");
  return { peer, port };
}

function send(socket: Socket, text: string | Buffer, port: number, address: string): Promise<void> {
  return within(
    new Promise((resolve, reject) => {
      socket.send(text, port, address, (error) => error ? reject(error) : resolve());
    }),
    "a send's callback",
  );
}

for (const family of FAMILIES) {
  const word = family === 4 ? "TTL" : "hop limit";
  const type = `udp${family}`;

  test(`a peer sees the ${word} that setTTL() set on ${type}`, {
    skip: lacking("ttl", family, (socket) => socket.setTTL(9)),
  }, async () => {
    const { peer, port } = await peerOn(family);
    const socket = bound(family);
    for (const ttl of [1, 2, 63, 128, 255]) {
      socket.setTTL(ttl);
      await send(socket, String(ttl), port, LOOPBACK[family]);
      const { text, ttl: seen } = await within(peer.next<Seen>(), `the datagram with ${word} ${ttl}`);
      assertEquals({ text, seen }, { text: String(ttl), seen: ttl });
    }
    await close(socket);
    await end(peer);
  });

  test(`a peer and a ${type} socket see each other's bytes and addresses`, {
    skip: peersSkip || noIPv6(family),
  }, async () => {
    const { peer, port } = await peerOn(family);
    const socket = bound(family);
    const own = socket.address().port;
    await send(socket, Buffer.from([0, 1, 127, 128, 255]), port, LOOPBACK[family]);
    const seen = await within(peer.next<Seen>(), "the datagram");
    assertEquals(
      { ...seen, ttl: 0 },
      { text: "\0\x01\x7f\x80\xff", size: 5, ttl: 0, address: LOOPBACK[family], port: own },
    );

    const arrived = once(socket, "message");
    peer.send({ text: "\0\x80\xff", address: LOOPBACK[family], port: own });
    const [message, from] = await within(arrived, "the answer");
    assertEquals([...message], [0, 128, 255]);
    assertEquals({ ...from }, { address: LOOPBACK[family], family: `IPv${family}`, port, size: 3 });
    await close(socket);
    await end(peer);
  });

  test(`a peer sees datagrams of every size from ${type}, and none twice`, {
    skip: peersSkip || noIPv6(family),
  }, async () => {
    const { peer, port } = await peerOn(family);
    const socket = bound(family);
    for (const size of [0, 1, 1472, 1473, 9000, 65_507]) {
      await send(socket, Buffer.alloc(size, "x"), port, LOOPBACK[family]);
      assertEquals((await within(peer.next<Seen>(), `the datagram of ${size} bytes`)).size, size);
    }
    await close(socket);
    await end(peer);
  });

  test(`a connected ${type} socket is not given another peer's datagrams`, {
    skip: lacking("connect", family),
  }, async () => {
    const { peer, port } = await peerOn(family);
    const { peer: stranger } = await peerOn(family);
    const socket = bound(family);
    const received: string[] = [];
    socket.on("message", (message) => received.push(String(message)));
    socket.connectSync(port, LOOPBACK[family]);
    const to = { address: LOOPBACK[family], port: socket.address().port };
    for (let i = 0; i < 5; i++) stranger.send({ text: `stranger ${i}`, ...to });
    // The stranger sends before it ends: its datagrams are in the kernel when the peer's one comes.
    await end(stranger);
    const arrived = once(socket, "message");
    peer.send({ text: "peer", ...to });
    await within(arrived, "the peer's datagram");
    assertEquals(received, ["peer"]);
    await close(socket);
    await end(peer);
  });
}

test("a member of a group sees every multicast TTL from 0 to 255", {
  skip: lacking("multicastTTL", 4, (socket) => socket.setMulticastTTL(0)),
}, async () => {
  await compareMulticastTTLs(Array.from({ length: 256 }, (_, ttl) => ttl));
});

test("a member of a group sees the multicast TTLs that every adapter can set", {
  skip: lacking("multicastTTL", 4, (socket) => socket.setMulticastTTL(5)),
}, async () => {
  await compareMulticastTTLs([1, 2, 64, 254, 255]);
});

/** Bound to loopback, so that multicast leaves nowhere else. */
async function compareMulticastTTLs(ttls: readonly number[]): Promise<void> {
  const { peer, port } = await peerOn(4, GROUP[4]);
  const socket = bound(4);
  const seen: number[] = [];
  for (const ttl of ttls) {
    socket.setMulticastTTL(ttl);
    await send(socket, String(ttl), port, GROUP[4]);
    seen.push((await within(peer.next<Seen>(), `the datagram with TTL ${ttl}`)).ttl);
  }
  assertEquals(seen, [...ttls]);
  await close(socket);
  await end(peer);
}

test("a group's member hears a peer, and a source-specific one only its source", {
  skip: lacking("sourceSpecificMembership", 4) || noAddress("127.0.0.2"),
}, async () => {
  const group = `232.255.${unique >> 8}.${unique & 255}`;
  const [good, bad] = [await peerOn(4), await peerOnAddress("127.0.0.2")];
  const socket = bound(4, {}, group);
  socket.addSourceSpecificMembership("127.0.0.1", group, "127.0.0.1");
  const received: string[] = [];
  socket.on("message", (message) => received.push(String(message)));
  bad.peer.send({ text: "bad", address: group, port: socket.address().port });
  await end(bad.peer);
  const arrived = once(socket, "message");
  good.peer.send({ text: "good", address: group, port: socket.address().port });
  await within(arrived, "the source's datagram");
  assertEquals(received, ["good"]);
  await close(socket);
  await end(good.peer);
});

async function peerOnAddress(address: string): Promise<{ peer: JsonProcess; port: number }> {
  const peer = startPeer("receiver", ["4", address]);
  return { peer, port: (await within(peer.next<{ port: number }>(), "the peer's port")).port };
}
