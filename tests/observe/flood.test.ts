/** What is counted against what a Python program sent, and against what the kernel says of the socket in /proc/net/udp. */
import { assert, assertEquals } from "@std/assert";
import { capabilities, createSocket, type Socket } from "@x/dgram";
import { capabilities as withFfi, createSocket as createFfiSocket } from "@x/dgram/ffi";
import { type Observation, observe, type SocketStats } from "@x/dgram/observe";
import { test } from "node:test";
import { noOwnRows } from "../support/own_rows.ts";
import { dropsAt, notLinux } from "../support/proc.ts";
import { peersSkip, startPeer } from "../support/python.ts";
import { within } from "../support/within.ts";

const SIZE = 100;

const { pause } = capabilities.features;
const noPause = pause === "unavailable" && (capabilities.notes.pause ?? "it can't be paused here");
const noOffload = capabilities.features.sendOffload !== "native" && (capabilities.notes.sendOffload ?? "no rows here");

function listening(recvBufferSize?: number): { socket: Socket; observation: Observation; port: number } {
  const socket = createSocket({ type: "udp4", recvBufferSize });
  const observation = observe(socket);
  const { port } = socket.bindSync({ address: "127.0.0.1" });
  return { socket, observation, port };
}

/** Why the kernel's own count is not there, or false. */
function noDrops(): string | false {
  const { socket, observation } = listening();
  const { kernel, missing } = observation.read();
  socket.close();
  return kernel.dropped === undefined && missing["kernel.dropped"];
}

const noCount = notLinux || noDrops();
const skip = noCount || peersSkip;

/** All that came, wherever it is by now but for what waits in the kernel. */
const accounted = ({ received, kernel }: SocketStats): number =>
  received.datagrams + received.lost + (kernel.dropped ?? NaN);

async function whenAll(observation: Observation, sent: number): Promise<SocketStats> {
  const end = performance.now() + 60_000;
  while (accounted(observation.read()) < sent && performance.now() < end) {
    await new Promise((done) => setTimeout(done, 5));
  }
  return observation.read();
}

for (
  const [what, size, count] of [["a receive buffer as it is", undefined, 50_000], [
    "a small one",
    8_192,
    20_000,
  ]] as const
) {
  test(`of a flood into ${what}, what was sent is what was received and what was dropped`, { skip }, async () => {
    const { socket, observation, port } = listening(size);
    let [heard, bytes] = [0, 0];
    socket.on("message", (message) => {
      heard++;
      bytes += message.length;
      // Slower than Python sends.
      for (const end = performance.now() + 0.01; performance.now() < end;);
    });
    const peer = startPeer("flood");
    peer.send({ port, count, size: SIZE });
    const { sent } = await within(peer.next<{ sent: number }>(), "the flood");
    peer.end();
    const stats = await whenAll(observation, sent);
    assertEquals([sent, accounted(stats)], [count, count]);
    const { received, kernel } = stats;
    assertEquals([received.datagrams, received.bytes, received.delivered], [heard, bytes, heard]);
    assertEquals(kernel.dropped, dropsAt(socket.address()));
    assert(kernel.dropped! > 0 && heard > 0, JSON.stringify(stats));
    socket.close();
  });
}

test(
  "what a paused socket has no room for is counted as dropped, and the rest comes after",
  { skip: skip || noPause },
  async () => {
    const count = 10_000;
    const { socket, observation, port } = listening();
    let heard = 0;
    socket.on("message", () => heard++);
    socket.pause();
    const peer = startPeer("flood");
    peer.send({ port, count, size: SIZE });
    const { sent } = await within(peer.next<{ sent: number }>(), "the flood");
    const paused = observation.read();
    assertEquals([paused.received.delivered, paused.received.datagrams], [0, paused.waiting.held]);
    assert(paused.kernel.dropped! > 0 && accounted(paused) < sent, JSON.stringify(paused));
    socket.resume();
    const stats = await whenAll(observation, sent);
    assertEquals([sent, accounted(stats)], [count, count]);
    assertEquals(stats.kernel.dropped, dropsAt(socket.address()));
    while (heard < stats.received.datagrams) await new Promise((done) => setTimeout(done, 1));
    assertEquals(observation.read().received.delivered, heard);
    peer.end();
    socket.close();
  },
);

test(
  "what is sent is what the kernel gave to another socket, and what that had no room for",
  { skip: noCount },
  async () => {
    const { socket: receiver, observation: received, port } = listening();
    const sender = createSocket("udp4");
    const sent = observe(sender);
    const count = 5_000;
    for (let number = 0; number < count; number++) sender.send("0123456789", port, "127.0.0.1");
    while (sent.read().sent.datagrams < count) await new Promise((done) => setTimeout(done, 1));
    const stats = await whenAll(received, count);
    assertEquals(accounted(stats), count);
    const { sent: { datagrams, bytes, failed, batches, calls, rows }, missing } = sent.read();
    assertEquals([datagrams, bytes, failed], [count, 10 * count, {}]);
    assertEquals(calls === undefined, "sent.calls" in missing);
    const together = batches.filter(({ upTo }) => upTo === 64).reduce((sum, { count }) => sum + count, 0);
    if (capabilities.features.sendBatch === "native") assert(together >= 0.9 * count / 64, JSON.stringify(batches));
    // Each batch is one call, but for those that the kernel had no room for; and one row.
    if (calls !== undefined) assert(calls >= count / 64 && calls < count / 8, `${calls} calls`);
    if (!noOffload && !noOwnRows) assert(rows >= 0.8 * count / 64, `${rows} rows`);
    sender.close();
    receiver.close();
  },
);

const noInfo = withFfi.features.receiveInfo !== "native" && (withFfi.notes.receiveInfo ?? "libc does not receive here");

test("what was read when a listener closes the socket is counted as closed", { skip: noInfo }, async () => {
  const socket = createFfiSocket({ type: "udp4", receiveInfo: true });
  const observation = observe(socket);
  let heard = 0;
  socket.on("message", () => ++heard === 7 && socket.close());
  const { port } = socket.bindSync({ address: "127.0.0.1" });
  const sender = createSocket("udp4");
  const closed = new Promise((done) => socket.on("close", done));
  // They wait in the kernel, so that the first call brings a few, and the second many.
  socket.pause();
  await sender.sendMany(Array.from({ length: 60 }, () => ({ data: "x", port, address: "127.0.0.1" })));
  socket.resume();
  await within(closed, "its close");
  sender.close();
  const { datagrams, delivered, dropped, batches } = observation.read().received;
  assertEquals([heard, delivered, delivered + dropped.closed], [7, 7, datagrams]);
  // The least and the most that the calls have brought.
  const least = batches!.reduce((sum, { upTo, count }) => sum + count * (upTo / 2 + (upTo > 1 ? 1 : 0.5)), 0);
  const most = batches!.reduce((sum, { upTo, count }) => sum + count * upTo, 0);
  assert(datagrams >= least && datagrams <= most, `${datagrams} of ${JSON.stringify(batches)}`);
});

test("what the kernel has dropped is told while others open and close their sockets", { skip }, async () => {
  const { socket, observation } = listening();
  const others = startPeer("churn");
  await within(others.next(), "its start");
  for (let reads = 0; reads < 1000; reads++) {
    const { kernel, missing } = observation.read();
    assertEquals([kernel.dropped, missing["kernel.dropped"]], [0, undefined]);
  }
  others.end();
  await within(others.result, "its end");
  socket.close();
});
