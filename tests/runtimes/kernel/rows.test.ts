/** Whether datagrams leave together is not to be told from outside: with `segmentation` on or off all is the same. */
import { assertEquals, assertThrows } from "@std/assert";
import { capabilities, createSocket } from "@x/dgram/ffi";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { close } from "../../support/close.ts";
import { noOwnRows } from "../../support/own_rows.ts";
import { peersSkip, startPeer } from "../../support/python.ts";
import { within } from "../../support/within.ts";
import { check } from "../../core/properties/check.ts";

const PEERS = 3;
const LOOPBACK = { udp4: "127.0.0.1", udp6: "::1" } as const;
type Type = keyof typeof LOOPBACK;

/** One send. */
interface Send {
  readonly peer: number;
  readonly size: number;
  /** What is wrong with it, if anything is. */
  readonly fault: "none" | "family" | "length" | "detached";
  /** It is one of a `sendMany` with those beside it. */
  readonly batched: boolean;
}

const send: fc.Arbitrary<Send> = fc.record({
  peer: fc.nat(PEERS - 1),
  size: fc.constantFrom(0, 1, 2, 2, 2, 100, 100, 100, 1400),
  fault: fc.constantFrom("none", "none", "none", "none", "none", "none", "family", "length", "detached"),
  batched: fc.boolean(),
});

/** Sends that resemble those before them, as those of a protocol do. */
const sends: fc.Arbitrary<Send[]> = fc.array(fc.tuple(send, fc.integer({ min: 1, max: 12 })), { maxLength: 12 })
  .map((runs) => runs.flatMap(([each, count]) => new Array<Send>(count).fill(each)));

/** What came of the sends: their ends in the order in which they were told, and what each peer heard. */
async function play(type: Type, program: readonly Send[], segmentation: "auto" | "off", connected: boolean) {
  const socket = createSocket({ type, segmentation });
  socket.bindSync({ address: LOOPBACK[type] });
  const peers = Array.from({ length: PEERS }, () => createSocket({ type, recvBufferSize: 1 << 20 }));
  const heard: string[][] = peers.map(() => []);
  const ports = peers.map((peer) => peer.bindSync({ address: LOOPBACK[type] }).port);
  if (connected) socket.connectSync(ports[0], LOOPBACK[type]);
  let missing = 0;
  let allHeard = (): void => {};
  peers.forEach((peer, i) =>
    peer.on("message", (message, { port, size }) => {
      heard[i].push(`${size} ${port === socket.address().port} ${message.toString("latin1")}`);
      if (--missing === 0) allHeard();
    })
  );
  const arrived = new Promise<void>((resolve) => allHeard = resolve);
  const ends: string[] = [];
  const all: Promise<void>[] = [];
  for (let i = 0; i < program.length;) {
    const first = i;
    do i++; while (program[first].batched && i < program.length && program[i].batched);
    const messages = program.slice(first, i).map(({ peer, size, fault }, j) => {
      const data = Buffer.from(new ArrayBuffer(fault === "length" ? 65_536 : size)).fill(first + j);
      const address = fault === "family" ? LOOPBACK[type === "udp4" ? "udp6" : "udp4"] : LOOPBACK[type];
      const isHeard = fault === "none" || fault === "detached" || (connected && fault === "family");
      if (isHeard) missing++;
      return { data, fault, ...(connected ? {} : { port: ports[peer], address }) };
    });
    const told = (number: number, error: unknown, result: unknown): void => {
      const { code, message } = (error ?? {}) as Error & { code?: string };
      ends.push(`${number} ${error ? `${code} ${message.replace(/:\d+$/, "")}` : result}`);
    };
    if (messages.length > 1) {
      all.push(
        socket.sendMany(messages).then(
          (count) => told(first, null, count),
          (error) => told(first, error, [error.index, error.sent]),
        ),
      );
    } else {
      const [{ data, port, address }] = messages;
      all.push(
        new Promise((resolve) => {
          const done = (error: Error | null, bytes?: number): void => resolve(told(first, error, bytes));
          if (connected) socket.send(data, done);
          else socket.send(data, port!, address, done);
        }),
      );
    }
    for (const { data, fault } of messages) {
      if (fault === "detached" && data.length > 0) structuredClone(data.buffer, { transfer: [data.buffer] });
    }
  }
  await within(Promise.all(all), "every callback");
  if (missing > 0) await within(arrived, "every datagram");
  await close(socket, ...peers);
  return { ends, heard };
}

for (const type of ["udp4", "udp6"] as const) {
  for (const connected of [false, true]) {
    const name = `${type}, ${connected ? "connected" : "unconnected"}`;
    test(`whatever one turn sends, and whatever fails, comes to the same with rows and without them: ${name}`, () =>
      check(
        fc.asyncProperty(sends, async (program) => {
          const [auto, off] = [
            await play(type, program, "auto", connected),
            await play(type, program, "off", connected),
          ];
          assertEquals(auto, off);
        }),
        20,
      ));
  }
}

test("an unknown segmentation is refused, and no other than that is", () => {
  for (const segmentation of ["on", "", true, false, 0, null, {}, "OFF"]) {
    const error = assertThrows(() => createSocket({ type: "udp4", segmentation: segmentation as "off" }));
    const { name, code, message } = error as Error & { code: string };
    assertEquals([name, code], ["TypeError", "ERR_INVALID_ARG_VALUE"]);
    assertEquals(
      message.startsWith("The property 'options.segmentation' must be one of: 'auto', 'off'. Received "),
      true,
      message,
    );
  }
  for (const segmentation of ["auto", "off", undefined] as const) createSocket({ type: "udp4", segmentation }).close();
});

for (const type of ["udp4", "udp6"] as const) {
  test(`a burst of one size to one peer is one piece for the kernel where it cuts, unless that is off: ${type}`, {
    skip: peersSkip || noOwnRows || capabilities.features.sendOffload !== "native" &&
        (capabilities.notes.sendOffload ?? "sendOffload is not native"),
  }, async () => {
    const peer = startPeer("offload", [type.slice(3)]);
    const { port } = await within(peer.next<{ port: number }>(), "the peer's port");
    for (const [segmentation, pieces] of [["auto", 1], ["off", 5]] as const) {
      const socket = createSocket({ type, segmentation });
      socket.bindSync({ address: LOOPBACK[type] });
      for (let i = 0; i < 5; i++) socket.send("row", port, LOOPBACK[type]);
      const piece = pieces === 1 ? { size: 15, segment: 3 } : { size: 3, segment: null };
      for (let i = 0; i < pieces; i++) assertEquals(await within(peer.next(), "a piece"), piece);
      await close(socket);
    }
    peer.end();
    await within(peer.result, "the peer's end");
  });
}
