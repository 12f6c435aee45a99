/** `@x/dgram/web`: a write that rejects has not been sent, and each write's promise is its own datagram's. */
import { assertEquals } from "@std/assert";
import type { Socket } from "@x/dgram";
import type { UDPMessage } from "@x/dgram/web";
import fc from "fast-check";
import { test } from "node:test";
import { WritableHalf } from "../../src/web/writable_half.ts";
import { check } from "../core/properties/check.ts";
import {
  bytes,
  LOOPBACK,
  noSignal,
  type Opened,
  read,
  readText,
  rejection,
  type Stage,
  staged,
  text,
  turn,
} from "../support/web_stage.ts";
import { within } from "../support/within.ts";

/** What has been written, and how each write ended. */
class Writes {
  readonly #stream: WritableStream<UDPMessage>;
  readonly #ends: Promise<string | null>[] = [];
  #writer: WritableStreamDefaultWriter<UDPMessage>;
  #written = 0;

  constructor({ writable, writer }: Pick<Opened, "writable" | "writer">) {
    this.#stream = writable;
    this.#writer = writer;
  }

  write(message: (data: Uint8Array) => UDPMessage = (data) => ({ data })): void {
    const name = `${this.#written++}`;
    // An async function, since Node 20.20 throws for a stream that was aborted, where others reject.
    const write = async (): Promise<void> => await this.#writer.write(message(bytes(name)));
    this.#ends.push(write().then(() => name, () => null));
  }

  /** One that calls back when its data are looked at. */
  writeLookedAt(look: () => void): void {
    this.write((data) => ({
      get data() {
        look();
        return data;
      },
    }));
  }

  close(): void {
    this.#writer.close().catch(() => {});
  }

  abort(): void {
    this.#writer.abort(new Error("enough")).catch(() => {});
  }

  /** Gives the lock to another writer. */
  exchange(): void {
    this.#writer.releaseLock();
    this.#writer.closed.catch(() => {});
    this.#writer.ready.catch(() => {});
    this.#writer = this.#stream.getWriter();
    this.#writer.closed.catch(() => {});
    this.#writer.ready.catch(() => {});
  }

  /** The writes that resolved, when all have ended. The stage can abort the stream then. */
  async sent(): Promise<string[]> {
    const ends = await within(Promise.all(this.#ends), "the ends of the writes");
    this.#writer.releaseLock();
    return ends.filter((name) => name !== null);
  }
}

/** All that has arrived, when what was to be sent by now has been. */
async function received(stage: Stage, peer: Opened): Promise<string[]> {
  for (let turns = 0; turns < 3; turns++) await turn();
  stage.raw().send("the end", peer.localPort, LOOPBACK);
  const texts: string[] = [];
  for (;;) {
    const text = await readText(peer);
    if (text === "the end") return texts;
    texts.push(text);
  }
}

async function writesTo(stage: Stage, peer: Opened): Promise<Writes> {
  return new Writes(await stage.connectedTo(peer.localPort));
}

staged("a write after close() of its writer rejects, and is not sent", async (stage) => {
  const peer = await stage.bound();
  const writes = await writesTo(stage, peer);
  writes.write();
  writes.write();
  writes.close();
  writes.write();
  writes.write();
  assertEquals([await writes.sent(), await received(stage, peer)], [["0", "1"], ["0", "1"]]);
});

staged("what an abort after the first of some writes refuses is not sent", async (stage) => {
  const peer = await stage.bound();
  const { writer } = await stage.connectedTo(peer.localPort);
  const [first, ...others] = ["0", "1", "2", "3", "4"].map((name) => writer.write({ data: bytes(name) }));
  const ends = Promise.allSettled(others);
  await within(first, "the first write");
  void writer.abort(new Error("enough"));
  const sent = (await within(ends, "the other writes")).filter(({ status }) => status === "fulfilled").length;
  assertEquals((await received(stage, peer)).length, 1 + sent);
});

for (const action of ["exchange", "close", "abort"] as const) {
  for (const queued of [false, true]) {
    const where = queued ? "waits behind another" : "is the first";
    staged(`a getter that calls ${action} in a message that ${where} shifts no other write`, async (stage) => {
      const peer = await stage.bound();
      const writes = await writesTo(stage, peer);
      if (queued) writes.write();
      writes.writeLookedAt(() => writes[action]());
      writes.write();
      writes.write();
      const sent = await writes.sent();
      assertEquals(await received(stage, peer), sent);
    });
  }
}

staged("an address whose conversion aborts the stream is not sent to", async (stage) => {
  const [a, b] = [await stage.bound(), await stage.bound()];
  const remoteAddress = {
    toString(): string {
      void a.writer.abort(new Error("enough"));
      return LOOPBACK;
    },
  };
  const message = { data: bytes("x"), remoteAddress, remotePort: b.localPort } as unknown as UDPMessage;
  assertEquals((await rejection(a.writer.write(message))).message, "enough");
  assertEquals(await received(stage, b), []);
}, noSignal);

staged(
  "a message with getters is sent as it is when its turn comes, and others as they were written",
  async (stage) => {
    const peer = await stage.bound();
    const { writer } = await stage.connectedTo(peer.localPort);
    let looked = "not yet";
    const plain = { data: bytes("plain") };
    class Message {
      get data(): Uint8Array {
        return bytes(looked);
      }
    }
    const all = [plain, new Message(), new Proxy({ data: bytes("proxy") }, {})].map((message) => writer.write(message));
    looked = "looked at";
    plain.data = bytes("another");
    await within(Promise.all(all), "the writes");
    assertEquals([await readText(peer), await readText(peer), await readText(peer)], ["plain", "looked at", "proxy"]);
  },
);

staged("data that lie about their length are sent as the engine knows them", async (stage) => {
  const peer = await stage.bound();
  const { writer } = await stage.connectedTo(peer.localPort);
  const data = bytes("four");
  for (const name of ["byteLength", "byteOffset", "length", "buffer"]) {
    Object.defineProperty(data, name, { get: () => name === "buffer" ? new ArrayBuffer(60_000) : 60_000 });
  }
  await within(writer.write({ data }), "the write");
  assertEquals(text((await read(peer)).data), "four");
});

test("an abort leaves a datagram that was handed over its own end", async () => {
  let end = (_error: Error | null): void => {};
  const socket = { type: "udp4", send: (_data: Uint8Array, sent: typeof end) => end = sent };
  for (const error of [null, new Error("no room")]) {
    const half = new WritableHalf({ mode: "connected" } as ConstructorParameters<typeof WritableHalf>[0], () => {});
    half.start(socket as unknown as Socket, undefined);
    const writer = half.stream.getWriter();
    writer.closed.catch(() => {});
    const ends = Promise.allSettled([writer.write({ data: bytes("on its way") }), writer.write({ data: bytes("x") })]);
    await turn();
    const aborted = writer.abort(new Error("enough")).catch(() => {});
    await turn();
    end(error);
    const [onItsWay, refused] = await within(ends, "the writes");
    assertEquals([onItsWay.status, refused.status], [error === null ? "fulfilled" : "rejected", "rejected"]);
    if (refused.status === "rejected") assertEquals(refused.reason.message, "enough");
    await within(aborted, "abort()");
  }
});

const operation = fc.oneof(
  { weight: 6, arbitrary: fc.constant("write") },
  ...["close", "abort", "exchange", "microtask", "turn", "too long", "exchanging", "closing", "aborting"].map((
    name,
  ) => ({
    weight: 1,
    arbitrary: fc.constant(name),
  })),
);

async function carryOut(writes: Writes, name: string): Promise<void> {
  if (name === "write") writes.write();
  if (name === "too long") writes.write(() => ({ data: new Uint8Array(65_536) }));
  if (name === "close" || name === "abort" || name === "exchange") writes[name]();
  if (name === "closing") writes.writeLookedAt(() => writes.close());
  if (name === "aborting") writes.writeLookedAt(() => writes.abort());
  if (name === "exchanging") writes.writeLookedAt(() => writes.exchange());
  if (name === "microtask") await null;
  if (name === "turn") await turn();
}

staged("whatever is done to the writable, what arrives is what the writes that resolved were", async (stage) => {
  const peer = await stage.bound();
  await check(
    fc.asyncProperty(fc.array(operation, { minLength: 3, maxLength: 15 }), async (names) => {
      const writes = await writesTo(stage, peer);
      for (const name of names) await carryOut(writes, name);
      const sent = await writes.sent();
      assertEquals(await received(stage, peer), sent);
    }),
    60,
  );
});
