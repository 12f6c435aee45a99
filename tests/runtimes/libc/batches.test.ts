/** Many datagrams in one system call: sendmmsg and recvmmsg under an adapter. */
import { Buffer } from "node:buffer";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals, assertNotStrictEquals } from "@std/assert";
import type { AddressInfo, Datagram } from "../../../src/core/backend.ts";
import type { Descriptor } from "../../../src/runtimes/libc/descriptor.ts";
import { Libc } from "../../../src/runtimes/libc/libc.ts";
import { withKernelBatches } from "../../../src/runtimes/libc/kernel_batches.ts";
import { ReceiveBatch } from "../../../src/runtimes/libc/receive_batch.ts";
import { testBatches } from "../../../src/runtimes/libc/self_test.ts";
import { collector, noCollector } from "../../support/collector.ts";
import { errnoOf } from "../../support/errno_of.ts";
import { noAddress } from "../../support/loopback.ts";
import { datagram, libc, libcSkip, peerSkip, withPeer, withSocket } from "../../support/libc.ts";

const EMSGSIZE = errnoOf("EMSGSIZE");
const EINVAL = errnoOf("EINVAL");

/** Takes everything that waits. */
function receiveAll(socket: Descriptor): { texts: string[]; from: AddressInfo[] } {
  const batch = new ReceiveBatch();
  const texts: string[] = [];
  const from: AddressInfo[] = [];
  for (let count; (count = socket.receive(batch)) > 0;) {
    for (let i = 0; i < count; i++) {
      texts.push(String(batch.data[i]));
      const { address, family, port } = batch.from[i];
      from.push({ address, family, port });
    }
  }
  return { texts, from };
}

test("sendmmsg and recvmmsg are there and were tested", { skip: libcSkip }, () => {
  assert(libc().batches);
});

/** Not every version of @types/node has it. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: { readonly Memory: new (pages: { initial: number }) => { readonly buffer: ArrayBuffer } };
};

/** Memory as a user may have it, of so many bytes, most of which starts elsewhere than its buffer. */
const memories: Readonly<Record<string, (size: number) => Uint8Array>> = {
  "of its own": (size) => new Uint8Array(size),
  "of a buffer, from the middle": (size) => new Uint8Array(new ArrayBuffer(size + 100), 33, size),
  "of the pool": (size) => Buffer.from("x".repeat(size + 9)).subarray(5, 5 + size),
  "shared": (size) => new Uint8Array(new SharedArrayBuffer(size + 10), 5, size),
  "of WebAssembly": (size) => new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer, 77, size),
  "that was made shorter": (size) => {
    const buffer = new (ArrayBuffer as unknown as Growing)(size * 2 + 8, { maxByteLength: size * 4 + 8 });
    const view = new Uint8Array(buffer, 4);
    // Node before 20 makes one of no other size.
    buffer.resize?.(size + 4);
    return view;
  },
};

type Growing = new (size: number, options: object) => ArrayBuffer & { resize?(size: number): void };

for (const [what, make] of Object.entries(memories)) {
  test(
    `of memory ${what} the very bytes leave, while garbage is collected`,
    { skip: libcSkip || noCollector },
    () =>
      withSocket(4, (socket, port) => {
        const collect = collector();
        const batch = new ReceiveBatch();
        for (const size of [1, 64, 20_000]) {
          const mine = (): Datagram => {
            const bytes = make(size);
            for (let i = 0; i < bytes.length; i++) bytes[i] = size + i * 7;
            return datagram(bytes, "127.0.0.1", port);
          };
          const expected = Buffer.from(Array.from({ length: make(size).length }, (_, i) => size + i * 7 & 255));
          const send = (): number => {
            const datagrams = [mine(), mine(), mine()];
            collect();
            return socket.sendBatch(datagrams, 0, 3) + socket.send(mine());
          };
          assertEquals(send(), 4);
          assertEquals(socket.receive(batch), 4);
          for (const data of batch.data) assertEquals(data.equals(expected), true, `${size} bytes`);
        }
      }),
  );
}

test("a library's loop over sendmsg is gone round: the kernel itself sends a batch", {
  skip: libcSkip || (process.platform !== "linux" && "sendmmsg is Linux's"),
}, () => {
  const { binding, layout } = libc();
  const { arch } = process;
  assertEquals(withKernelBatches(binding, layout, arch), binding);
  let looped = 0;
  const { sendmmsg } = binding.calls;
  const loop: typeof sendmmsg = (fd, messages, count, flags) => {
    looped += count;
    return count === 0 ? 0 : sendmmsg(fd, messages, count, flags);
  };
  const musl = { ...binding, calls: { ...binding.calls, sendmmsg: loop } };
  const direct = new Libc(withKernelBatches(musl, layout, arch), layout);
  assertEquals(testBatches(direct), null);
  withSocket(4, (socket, port) => {
    const batch = Array.from({ length: 40 }, (_, i) => datagram(`${i} `, "127.0.0.1", port));
    assertEquals(direct.sending.send(socket.fd, 4, batch, 0, 40), 40);
    assertEquals(receiveAll(socket).texts, batch.map(({ data }) => `${data}`));
  });
  assertEquals(looped, 0);
});

test(
  "a batch reaches a peer whole and in order, empty datagrams too",
  { skip: peerSkip },
  () =>
    withPeer((peer) =>
      withSocket(4, async (socket, from) => {
        const ports = [await peer.open(4), await peer.open(4)];
        const texts = Array.from({ length: 200 }, (_, i) => i % 7 === 0 ? "" : `${i}`.padEnd(i * 4, "."));
        const batch = texts.map((text, i) => datagram(text, "127.0.0.1", ports[i % 2]));
        assertEquals(socket.sendBatch(batch, 0, 200), 200);
        for (const k of [0, 1]) {
          const heard = await peer.receive(ports[k], 100);
          assertEquals(heard.map(({ text }) => text), texts.filter((_, i) => i % 2 === k));
          assert(heard.every(({ address, port }) => address === "127.0.0.1" && port === from));
        }
      })
    ),
);

test(
  "a batch of a connected socket reaches its peer",
  { skip: libcSkip },
  () =>
    withSocket(4, (peer, port) =>
      withSocket(4, (socket) => {
        assertEquals(socket.connect("127.0.0.1", port), 0);
        const batch = [..."abcde"].map((text) => datagram(text, null));
        assertEquals([socket.sendBatch(batch, 0, 5), receiveAll(peer).texts.join("")], [5, "abcde"]);
      })),
);

test("a part of a batch is sent without its neighbours", { skip: libcSkip }, () =>
  withSocket(6, (socket, port) => {
    const batch = Array.from({ length: 10 }, (_, i) => datagram(String(i), "::1", port));
    assertEquals(socket.sendBatch(batch, 3, 7), 4);
    const { texts, from } = receiveAll(socket);
    assertEquals(texts, ["3", "4", "5", "6"]);
    assertEquals(from, new Array(4).fill({ address: "::1", family: "IPv6", port }));
  }));

test(
  "a datagram that cannot be sent ends its batch before it, and is the errno of its own",
  { skip: libcSkip },
  () =>
    withSocket(4, (socket, port) => {
      const long = new Uint8Array(65_508);
      for (
        const [bad, errno] of [[datagram(long, "127.0.0.1", port), EMSGSIZE], [
          datagram("x", "::1", port),
          EINVAL,
        ]] as const
      ) {
        const batch = [..."abc"].map((text) => datagram(text, "127.0.0.1", port));
        batch.splice(2, 0, bad);
        assertEquals(socket.sendBatch(batch, 0, 4), 2);
        assertEquals(socket.sendBatch(batch, 2, 4), errno);
        assertEquals(socket.send(bad), errno);
        assertEquals(socket.sendBatch(batch, 3, 4), 1);
        assertEquals(receiveAll(socket).texts, ["a", "b", "c"]);
      }
      assertEquals(
        socket.sendBatch([datagram(new Uint8Array(300_000), "127.0.0.1", port), datagram("y", null)], 0, 2),
        EMSGSIZE,
      );
    }),
);

test(
  "a kernel that is full takes the first part of a batch, or nothing",
  { skip: libcSkip },
  () =>
    withSocket(4, ({ fd }, port) => {
      const { binding, layout } = libc();
      const batch = Array.from({ length: 100 }, () => datagram("x", "127.0.0.1", port));
      for (const errno of [layout.EAGAIN, layout.ENOBUFS]) {
        const answers = [64, 5, -1, -1];
        const counts: number[] = [];
        const sendmmsg = (_fd: number, _vector: unknown, count: number): number => {
          counts.push(count);
          return answers.shift() ?? -1;
        };
        const full = new Libc({ ...binding, calls: { ...binding.calls, sendmmsg }, errno: () => errno }, layout);
        assertEquals(full.sending.send(fd, 4, batch, 0, 100), 69);
        assertEquals(full.sending.send(fd, 4, batch, 69, 100), 0);
        assertEquals(counts, [64, 36, 31]);
      }
    }),
);

test("batches of the largest datagrams are sent whole", { skip: libcSkip }, () =>
  withSocket(4, (socket, port) => {
    assertEquals(socket.set("recvBufferSize", 2 ** 21), 0);
    const batch = Array.from({ length: 9 }, (_, i) => datagram(Buffer.alloc(65_507, i), "127.0.0.1", port));
    assertEquals(socket.sendBatch(batch, 0, 9), 9);
    const received = new ReceiveBatch();
    const sizes: number[] = [];
    for (let count; (count = socket.receive(received)) > 0;) {
      for (let i = 0; i < count; i++) {
        assert(received.data[i].equals(batch[sizes.length].data));
        sizes.push(received.data[i].length);
      }
    }
    // The receive buffer's limit is the machine's; what it dropped came after what it held.
    assert(sizes.length >= 2, `${sizes.length} received`);
  }));

test("bytes of every kind of memory are sent as they are", { skip: libcSkip }, () =>
  withSocket(4, (socket, port) => {
    const bytes = [104, 105];
    const shared = new Uint8Array(new SharedArrayBuffer(2));
    shared.set(bytes);
    const kinds: Uint8Array[] = [
      new Uint8Array(bytes),
      Buffer.from(bytes),
      new Uint8Array([0, ...bytes, 0]).subarray(1, 3),
      shared,
    ];
    const batch: Datagram[] = kinds.map((data) => datagram(data, "127.0.0.1", port));
    for (const one of batch) assertEquals(socket.send(one), 1);
    assertEquals(socket.send(datagram(new Uint8Array(0), "127.0.0.1", port)), 1);
    assertEquals(socket.sendBatch(batch, 0, 4), 4);
    assertEquals(receiveAll(socket).texts, ["hi", "hi", "hi", "hi", "", "hi", "hi", "hi", "hi"]);
  }));

/** What it says of itself is not what it is. */
function liar(length: number, says: Record<string, unknown>): Uint8Array {
  const bytes = new Uint8Array(length).fill(7);
  for (const [name, value] of Object.entries(says)) Object.defineProperty(bytes, name, { value });
  return bytes;
}

function detached(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

test(
  "memory is sent as long as it is and from where it is, whatever it says of itself",
  { skip: libcSkip },
  () =>
    withSocket(4, (socket, port) => {
      for (const length of [4, 20_000]) {
        const kinds: [Uint8Array, number][] = [
          [liar(length, { length: 65_000, byteLength: 65_000 }), length],
          [liar(length, { length: 0, byteLength: 0 }), length],
          [liar(length, { buffer: new ArrayBuffer(8), byteOffset: 4000 }), length],
          [detached(length), 0],
        ];
        for (const [bytes, size] of kinds) {
          const one = datagram(bytes, "127.0.0.1", port);
          assertEquals([socket.send(one), socket.sendBatch([one, one], 0, 2)], [1, 2]);
          const batch = new ReceiveBatch();
          assertEquals(socket.receive(batch), 3);
          for (const data of batch.data) assertEquals([...data], new Array(size).fill(7));
        }
      }
    }),
);

interface ResizableArrayBuffer extends ArrayBuffer {
  resize(length: number): void;
}

test("a view that its memory reaches no more is sent as empty", {
  skip: libcSkip || ("resize" in ArrayBuffer.prototype ? false : "no ArrayBuffer can be resized here"),
}, () =>
  withSocket(4, (socket, port) => {
    const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ResizableArrayBuffer;
    for (const length of [100, 20_000]) {
      const memory = new Resizable(length, { maxByteLength: 2 * length });
      const [following, fixed] = [new Uint8Array(memory), new Uint8Array(memory, 0, length)];
      memory.resize(10);
      const both = [following, fixed].map((bytes) => datagram(bytes, "127.0.0.1", port));
      assertEquals([socket.sendBatch(both, 0, 2), ...both.map((one) => socket.send(one))], [2, 1, 1]);
      assertEquals(receiveAll(socket).texts.map((text) => text.length), [10, 0, 10, 0]);
    }
  }));

test("each message is an exactly-sized Buffer of its own", { skip: libcSkip }, () =>
  withSocket(4, (socket, port) => {
    const sizes = [0, 1, 64, 1400, 4096, 4097, 65_507];
    const texts = sizes.map((size, i) => "abcdefg"[i].repeat(size));
    for (const text of texts) assertEquals(socket.send(datagram(text, "127.0.0.1", port)), 1);
    const batch = new ReceiveBatch();
    assertEquals(socket.receive(batch), texts.length);
    batch.data.forEach((data, i) => {
      assert(Buffer.isBuffer(data));
      assertEquals([data.length, data.byteOffset, data.buffer.byteLength], [texts[i].length, 0, texts[i].length]);
      assertEquals(String(data), texts[i]);
      assertEquals(batch.from[i], { address: "127.0.0.1", family: "IPv4", port, size: texts[i].length });
      assertEquals(Object.keys(batch.from[i]), ["address", "family", "port", "size"]);
      assertEquals(batch.truncated[i], false);
    });
    const kept = batch.data[1];
    assertEquals(socket.send(datagram("x", "127.0.0.1", port)), 1);
    assertEquals(socket.receive(batch), 1);
    assertEquals([String(kept), String(batch.data[0])], ["b", "x"]);
    assertNotStrictEquals(kept.buffer, batch.data[0].buffer);
    assertEquals(socket.receive(batch), 0);
  }));

test(
  "more datagrams than one call takes come in order, and a limit is kept",
  { skip: libcSkip },
  () =>
    withSocket(4, (socket, port) => {
      const batch = Array.from({ length: 100 }, (_, i) => datagram(String(i), "127.0.0.1", port));
      assertEquals(socket.sendBatch(batch, 0, 100), 100);
      const received = new ReceiveBatch();
      assertEquals([socket.receive(received, 3), received.count], [3, 3]);
      assertEquals(received.data.slice(0, 3).map(String), ["0", "1", "2"]);
      assertEquals(receiveAll(socket).texts, Array.from({ length: 97 }, (_, i) => String(i + 3)));
    }),
);

test(
  "sources are told apart, an IPv4 peer of a dual-stack socket among them",
  { skip: peerSkip || noAddress("127.0.1.2") || noAddress("127.0.2.1") },
  () =>
    withPeer((peer) =>
      withSocket(6, async (socket, port) => {
        const six = await peer.open(6);
        // Two that share a slot where addresses' texts are kept.
        const fours = [await peer.open(4, { address: "127.0.1.2" }), await peer.open(4, { address: "127.0.2.1" })];
        await peer.send(six, "::1", port, ["a"]);
        for (const four of fours) await peer.send(four, "127.0.0.1", port, ["b"]);
        await peer.send(six, "::1", port, ["c"]);
        assertEquals(receiveAll(socket), {
          texts: ["a", "b", "b", "c"],
          from: [
            { address: "::1", family: "IPv6", port: six },
            { address: "::ffff:127.0.1.2", family: "IPv6", port: fours[0] },
            { address: "::ffff:127.0.2.1", family: "IPv6", port: fours[1] },
            { address: "::1", family: "IPv6", port: six },
          ],
        });
      }, { address: "::" })
    ),
);

for (const family of [4, 6] as const) {
  test(
    `what the kernel knows of an IPv${family} datagram comes with it`,
    { skip: peerSkip },
    () =>
      withPeer((peer) =>
        withSocket(family, async (socket, port) => {
          for (
            const option of ["receivePacketInfo", "receiveHopLimit", "receiveTrafficClass", "receiveTimestamp"] as const
          ) {
            assertEquals(socket.set(option, 1), 0, option);
          }
          const loopback = family === 4 ? "127.0.0.1" : "::1";
          const sender = await peer.open(family);
          const before = BigInt(Date.now()) * 1_000_000n;
          await peer.send(sender, loopback, port, ["x"], { ttl: 33, trafficClass: 0x2e });
          const batch = new ReceiveBatch(true);
          assertEquals(socket.receive(batch), 1);
          const { receivedAt, ...info } = batch.control?.[0] ?? {};
          assertEquals(info, { destination: loopback, interfaceIndex: 1, hopLimit: 33, trafficClass: 0x2e });
          const late = receivedAt === undefined ? undefined : receivedAt - before;
          assert(late !== undefined && late > -1_000_000_000n && late < 60_000_000_000n, `${late} ns after`);
          const plain = new ReceiveBatch();
          await peer.send(sender, loopback, port, ["y"]);
          assertEquals([socket.receive(plain), plain.control], [1, null]);
        }, { address: family === 4 ? "0.0.0.0" : "::" })
      ),
  );
}
