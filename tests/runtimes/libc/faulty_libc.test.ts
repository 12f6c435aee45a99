/** Whatever system calls answer: what was accepted leaves once and in order, and what fails has said so. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { constants } from "node:os";
import { test } from "node:test";
import type { AddressInfo } from "../../../src/core/backend.ts";
import { ControlReader } from "../../../src/runtimes/libc/control_messages.ts";
import { Descriptor } from "../../../src/runtimes/libc/descriptor.ts";
import { Libc } from "../../../src/runtimes/libc/libc.ts";
import { ReceiveBatch } from "../../../src/runtimes/libc/receive_batch.ts";
import { check } from "../../core/properties/check.ts";
import { type Fault, FaultyLibc } from "../../support/faulty_libc.ts";
import { datagram, libc, libcSkip, open } from "../../support/libc.ts";

const { EINTR, EAGAIN, ENOBUFS, ENOENT, ENOMEM, EBADF, EMSGSIZE, EPERM } = constants.errno;
const COUNT = 40;

const faults: fc.Arbitrary<Fault[]> = fc.array(
  fc.oneof<fc.MaybeWeightedArbitrary<Fault>[]>(
    { weight: 4, arbitrary: fc.constant<Fault>({ none: true }) },
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 64 }).map((take) => ({ take })) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(EINTR, EINTR, EAGAIN, ENOBUFS, ENOMEM, EBADF, EMSGSIZE, EPERM).map((errno) => ({
        errno,
      })),
    },
  ),
  { maxLength: 30 },
);

/** Runs with two sockets over a C library that has been told to fail. */
function withSockets(use: (faulty: FaultyLibc, from: Descriptor, to: Descriptor, port: number) => void): void {
  const faulty = new FaultyLibc();
  const [from, to] = [new Descriptor(faulty.libc, open(4), 4, true), new Descriptor(libc(), open(4), 4, true)];
  try {
    use(faulty, from, to, (to.address() as AddressInfo).port);
  } finally {
    from.close();
    to.close();
  }
}

function receiveAll(socket: Descriptor): string[] {
  const batch = new ReceiveBatch();
  const texts: string[] = [];
  for (let count; (count = socket.receive(batch)) > 0;) {
    for (let i = 0; i < count; i++) texts.push(String(batch.data[i]));
  }
  return texts;
}

test("sends over a faulty libc: what is taken leaves once and in order, and what fails says why", {
  skip: libcSkip,
}, () =>
  check(
    fc.asyncProperty(faults, fc.boolean(), (faults, inRows) => {
      withSockets((faulty, from, to, port) => {
        if (!inRows) from.rows = null;
        const batch = Array.from({ length: COUNT }, (_, i) => datagram(String(i).padStart(4), "127.0.0.1", port));
        faulty.arm(faults);
        const taken: number[] = [];
        let refusals = 0;
        for (let at = 0, turns = 0; at < COUNT; turns++) {
          assert(turns < 200, "it comes to an end");
          const result = from.sendBatch(batch, at, COUNT);
          assert(Number.isInteger(result) && result <= COUNT - at, `a result of ${result}`);
          if (result > 0) { for (let i = 0; i < result; i++) taken.push(at + i); }
          else if (result < 0) refusals++;
          at += result < 0 ? 1 : result;
        }
        assertEquals(taken.length + refusals, COUNT);
        assertEquals(receiveAll(to).map(Number), taken);
        // Nothing is left of it.
        faulty.arm([]);
        assertEquals(from.sendBatch(batch, 0, 2), 2);
        assertEquals(receiveAll(to).map(Number), [0, 1]);
      });
      return Promise.resolve();
    }),
    60,
  ));

test(
  "an errno that no socket has was left by somebody else, and the call is made again",
  { skip: libcSkip },
  () =>
    withSockets((faulty, from, to, port) => {
      const batch = ["0", "1"].map((text) => datagram(text, "127.0.0.1", port));
      // What refuses a row lets its datagrams try alone.
      from.rows = null;
      for (const others of [[ENOENT], [ENOENT, EINTR, ENOENT]]) {
        const strange = others.map((errno) => ({ errno }));
        faulty.arm([...strange, { errno: EPERM }]);
        assertEquals(from.send(batch[0]), -EPERM);
        faulty.arm([...strange, { errno: EPERM }]);
        assertEquals(from.sendBatch(batch, 0, 2), -EPERM);
        faulty.arm(strange);
        assertEquals(from.sendBatch(batch, 0, 2), 2);
        assertEquals(receiveAll(to), ["0", "1"]);
        faulty.arm([...strange, { errno: EBADF }]);
        assertEquals(faulty.libc.receiving.receive(to.fd, new ReceiveBatch(), 4, true), -EBADF);
      }
    }),
);

test(
  "receiving over a faulty libc: nothing is lost or told twice, and a failure is told",
  { skip: libcSkip },
  () =>
    check(
      fc.asyncProperty(faults, (faults) => {
        const faulty = new FaultyLibc();
        const [from, to] = [new Descriptor(libc(), open(4), 4, true), new Descriptor(faulty.libc, open(4), 4, true)];
        try {
          const { port } = to.address() as AddressInfo;
          const batch = Array.from({ length: COUNT }, (_, i) => datagram(String(i), "127.0.0.1", port));
          assertEquals(from.sendBatch(batch, 0, COUNT), COUNT);
          faulty.arm(faults);
          const texts: number[] = [];
          const received = new ReceiveBatch();
          for (let turns = 0; turns < faults.length + COUNT; turns++) {
            const count = to.receive(received);
            for (let i = 0; i < count; i++) texts.push(Number(received.data[i]));
          }
          assertEquals(texts, Array.from({ length: COUNT }, (_, i) => i));
        } finally {
          from.close();
          to.close();
        }
        return Promise.resolve();
      }),
      60,
    ),
);

for (const more of [1, 100]) {
  test(`a call that says that it took or brought ${more} more than it was given is believed no further`, {
    skip: libcSkip,
  }, () => {
    const { binding, layout } = libc();
    const [from, to] = [open(4), open(4)];
    const { port } = libc().end(libc().localName(to)) as AddressInfo;
    const { sendmmsg, recvmmsg } = binding.calls;
    const liar = new Libc({
      ...binding,
      calls: Object.create(binding.calls, {
        sendmmsg: { value: (...values: Parameters<typeof sendmmsg>) => sendmmsg(...values) + more },
        recvmmsg: { value: (...values: Parameters<typeof recvmmsg>) => recvmmsg(...values) + more },
      }),
    }, layout);
    try {
      const sent = Array.from({ length: 40 }, (_, i) => datagram(String(i), "127.0.0.1", port));
      assertEquals(liar.sending.send(from, 4, sent, 0, 40), 40);
      for (const batch of [new ReceiveBatch(), new ReceiveBatch(true)]) {
        assertEquals([liar.receiving.receive(to, batch, 20), batch.count, batch.data.length], [20, 20, 20]);
        assert(batch.full);
      }
      assertEquals(liar.batches, false, "the self-test sees it");
    } finally {
      libc().close(from);
      libc().close(to);
    }
  });
}

/** Memory that nothing is ever written to takes none. */
function manyBytes(): Uint8Array | null {
  try {
    return new Uint8Array(2 ** 32 + 5);
  } catch {
    return null;
  }
}

const manySkip = libcSkip || (manyBytes() === null && "no array has so many bytes here");

test("bytes whose length takes more than 32 bits are too many, in a batch as well", { skip: manySkip }, () => {
  const [from, to] = [new Descriptor(libc(), open(4), 4, true), new Descriptor(libc(), open(4), 4, true)];
  const { port } = to.address() as AddressInfo;
  const long = datagram(manyBytes()!, "127.0.0.1", port);
  assertEquals([from.send(long), from.sendBatch([long, long], 0, 2)], [-EMSGSIZE, -EMSGSIZE]);
  assertEquals(receiveAll(to), []);
  from.close();
  to.close();
});

test("control messages of any content are read within their slot", { skip: libcSkip }, () =>
  check(
    fc.asyncProperty(
      fc.array(
        fc.record({
          size: fc.oneof(fc.constantFrom(0, 15, 16, 17, 20, 32, 0x7ffffffa, 0xffffffff), fc.nat(300)),
          level: fc.constantFrom(0, 1, 17, 41),
          type: fc.oneof(fc.constantFrom(1, 2, 8, 29, 35, 50, 52, 67, 104), fc.nat(255)),
        }),
        { maxLength: 16, minLength: 1 },
      ),
      fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.constantFrom(-1, 0x7fffffff)),
      (messages, length) => {
        const bytes = new Uint8Array(256);
        const view = new DataView(bytes.buffer);
        messages.forEach(({ size, level, type }, i) => {
          view.setUint32(i * 16, size, true);
          view.setInt32(i * 16 + 8, level, true);
          view.setInt32(i * 16 + 12, type, true);
        });
        // The slot is the last of its memory: what is read behind it would throw a RangeError.
        const info = new ControlReader(libc(), bytes, 0, 256).read(0, length);
        assertEquals(typeof info, "object");
        return Promise.resolve();
      },
    ),
    2000,
  ));
