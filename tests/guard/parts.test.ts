/** What a guard is made of: how addresses are read, and what sketches and tables promise. */
import { assert, assertEquals } from "@std/assert";
import { createSocket } from "@x/dgram";
import { isIP } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { readIPv4, readIPv6 } from "../../src/core/address_text.ts";
import { builtin } from "../../src/core/builtins.ts";
import { OwnEnds } from "../../src/guard/own_ends.ts";
import { RateSketch } from "../../src/guard/rate_sketch.ts";
import { readAddress } from "../../src/guard/read_address.ts";
import { SourceDigest } from "../../src/guard/source_digest.ts";
import { SourceTable } from "../../src/guard/source_table.ts";
import { check } from "../core/properties/check.ts";

/** The four words that the core's readers make of it. */
function expectedWords(text: string): number[] {
  const bytes = new Uint8Array(16);
  if (readIPv4(text, bytes, 12)) bytes.fill(255, 10, 12);
  else assert(readIPv6(text, bytes, 0), text);
  const view = new DataView(bytes.buffer);
  return [0, 4, 8, 12].map((at) => view.getInt32(at));
}

function wordsOf(text: string): number[] {
  const words = new Int32Array(5);
  const family = readAddress(text, words);
  assert(family !== 0, text);
  return family === 4 ? [0, 0, 0xffff, words[3]] : [...words.subarray(0, 4)];
}

test("every address is read as the core reads it", async () => {
  for (
    const text of [
      "::",
      "::1",
      "1::",
      "fe80::1",
      "::ffff:1.2.3.4",
      "64:ff9b::192.0.2.33",
      "1:2:3:4:5:6:7:8",
      "0.0.0.0",
      "255.255.255.255",
      "1:2:3:4:5:6:7::",
      "::2:3:4:5:6:7:8",
    ]
  ) {
    assertEquals([text, wordsOf(text)], [text, expectedWords(text)]);
  }
  await check(
    fc.asyncProperty(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      if (isIP(text) !== 0) assertEquals([text, wordsOf(text)], [text, expectedWords(text)]);
      return Promise.resolve();
    }),
    2000,
  );
});

test("text that is no address does no harm", async () => {
  const words = new Int32Array(5);
  await check(
    fc.asyncProperty(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.%]{0,60}$/)), (text) => {
      assert([0, 4, 6].includes(readAddress(text, words)));
      return Promise.resolve();
    }),
    2000,
  );
});

test("sources differ by address, port and scope, and share a prefix by /24 and /64, mapped or not", () => {
  const digest = new SourceDigest();
  const of = (address: string, port: number): [number, number] => {
    assert(digest.read(address, port));
    return [digest.prefix, digest.tag];
  };
  const sources = [
    "192.0.2.1",
    "192.0.2.2",
    "192.0.3.1",
    "2001:db8::1",
    "2001:db8::2",
    "2001:db8:0:1::1",
    "fe80::1%a",
    "fe80::1%b",
  ]
    .flatMap((address) => [[address, 1], [address, 2]] as const);
  assertEquals(new Set(sources.map(([address, port]) => of(address, port)[1])).size, sources.length);
  assertEquals(of("192.0.2.1", 1)[0], of("192.0.2.255", 9)[0]);
  assert(of("192.0.2.1", 1)[0] !== of("192.0.3.1", 1)[0]);
  assertEquals(of("::ffff:192.0.2.1", 1), of("192.0.2.1", 1));
  assertEquals(of("2001:db8::1", 1)[0], of("2001:db8::ffff:0:0:1", 1)[0]);
  assert(of("2001:db8::1", 1)[0] !== of("2001:db8:0:1::1", 1)[0]);
  // Another guard has another key.
  const other = new SourceDigest();
  other.read("192.0.2.1", 1);
  assert(other.tag !== of("192.0.2.1", 1)[1]);
});

test("no prefix ever gets more than its rate, whoever else sends", async () => {
  const step = fc.tuple(
    fc.integer({ min: 0, max: 5 }),
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: 0, max: 2000 }),
  );
  await check(
    fc.asyncProperty(fc.array(step, { maxLength: 300 }), (steps) => {
      const sketch = new RateSketch({ datagrams: 10, bytes: 1000, burst: 1000 }, 2);
      const taken = new Map<number, { time: number; bytes: number }[]>();
      let now = 5000;
      for (const [prefix, wait, bytes] of steps) {
        now += wait;
        // Two buckets in a row: nearly all share them.
        if (sketch.take(prefix | prefix << 16, bytes, now)) {
          taken.set(prefix, [...taken.get(prefix) ?? [], { time: now, bytes }]);
        }
      }
      for (const list of taken.values()) {
        for (let from = 0; from < list.length; from++) {
          for (let to = from; to < list.length; to++) {
            const seconds = (list[to].time - list[from].time) / 1000;
            const part = list.slice(from, to + 1);
            assert(part.length <= 10 * (1 + seconds) + 1e-6);
            const bytes = part.slice(0, -1).reduce((sum, one) => sum + one.bytes, 0);
            // One that is longer than the bucket may be taken out of a full one.
            const longest = Math.max(0, ...part.map((one) => one.bytes));
            assert(bytes <= 1000 * (1 + seconds) + longest + 1e-6);
          }
        }
      }
      return Promise.resolve();
    }),
    100,
  );
});

test("a silent prefix has its burst whatever others do, unless both of its buckets are theirs", () => {
  const sketch = new RateSketch({ datagrams: 10, bytes: 1e9, burst: 1000 }, 256);
  for (let now = 0; now < 5000; now++) sketch.take(1 | 2 << 16, 1, now);
  while (sketch.take(1 | 2 << 16, 1, 5000));
  for (const prefix of [1 | 3 << 16, 4 | 2 << 16]) {
    let taken = 0;
    while (sketch.take(prefix, 1, 5000)) taken++;
    assertEquals(taken, 10);
  }
});

test("of 100 silent prefixes 3,600 that flood cost some 4 theirs, as docs/guard.md says", () => {
  const sketch = new RateSketch({ datagrams: 10, bytes: Infinity, burst: 1000 }, 16_384);
  const digest = new SourceDigest();
  const take = (number: number): boolean => {
    digest.read(`10.${number >> 8}.${number & 255}.1`, 1);
    return sketch.take(digest.prefix, 1, 5000);
  };
  for (let flooding = 0; flooding < 3600; flooding++) while (take(flooding));
  let refused = 0;
  for (let silent = 10_000; silent < 14_000; silent++) if (!take(silent)) refused++;
  // 1 - e^(-3600/16384) of each row's buckets are empty, so 3.9 % of the pairs: 155. By chance it is beyond these once in a million runs.
  assert(refused > 90 && refused < 225, `${refused} of 4000`);
});

test("a table forgets what was used longest ago, of the same set, and one prefix takes few places", () => {
  const table = new SourceTable(4096);
  const digest = new SourceDigest();
  const address = (number: number): string => `10.${number >> 16 & 255}.${number >> 8 & 255}.${number & 255}`;
  digest.read("192.0.2.1", 1);
  table.values[table.place(digest)] = 5;
  // All of one prefix.
  for (let port = 1; port < 60_000; port++) {
    digest.read("198.51.100.1", port);
    table.place(digest);
  }
  let kept = 0;
  for (let port = 1; port < 60_000; port++) {
    digest.read("198.51.100.1", port);
    if (table.find(digest) >= 0) kept++;
  }
  assertEquals(kept, 128);
  for (let number = 0; number < 40_000; number++) {
    digest.read(address(number * 977), 1);
    table.place(digest);
  }
  digest.read("198.51.100.1", 59_999);
  assertEquals(table.find(digest), -1);
  digest.read(address(39_999 * 977), 1);
  assert(table.find(digest) >= 0);
  table.forget(digest);
  assertEquals(table.find(digest), -1);
});

test("a host's addresses stay what they were where they can't be asked for", () => {
  const socket = createSocket("udp4");
  socket.bindSync();
  const os = builtin("os") as { networkInterfaces: unknown };
  const { networkInterfaces } = os;
  const own = new OwnEnds(socket);
  let now = 0;
  const known = (): boolean[] => {
    own.refresh(now += 1000);
    return ["192.0.2.1", "192.0.2.2", "127.0.0.1"].map((address) => own.has(address, undefined));
  };
  try {
    os.networkInterfaces = () => ({ eth0: [{ address: "192.0.2.1" }] });
    assertEquals(known(), [true, false, true]);
    os.networkInterfaces = () => {
      throw Object.assign(new Error("no descriptor"), { code: "EMFILE" });
    };
    assertEquals(known(), [true, false, true]);
    os.networkInterfaces = () => ({ eth0: [{ address: "192.0.2.2" }] });
    assertEquals(known(), [false, true, true]);
  } finally {
    os.networkInterfaces = networkInterfaces;
    socket.close();
  }
});
