/** Parts of the command-line tool that need no network: figures, names, bytes. */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { rowsOf, timesOf } from "../src/cli/figures.ts";
import { Histogram } from "../src/cli/histogram.ts";
import { decodeAnswer, encodeQuery } from "../src/cli/mdns.ts";
import { hexDump, printable } from "../src/cli/printable.ts";
import { Probes } from "../src/cli/probe.ts";

/** Numbers that look random and are the same each time. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

test("cli: percentiles differ from the exact ones by no more than 1.6 %", () => {
  const random = numbers(1);
  const times = new Histogram();
  const all = Array.from({ length: 20_000 }, () => Math.exp(random.next().value! * 12) / 1000);
  for (const time of all) times.record(time);
  all.sort((a, b) => a - b);
  for (const percent of [0.1, 10, 50, 90, 99, 99.9, 100]) {
    const exact = all[Math.max(1, Math.ceil(all.length * percent / 100)) - 1];
    const found = times.percentile(percent);
    assert(found >= exact && found <= exact * 1.016, `p${percent}: ${found}, and not ${exact}`);
  }
  assertEquals([times.count, times.min, times.max], [all.length, all[0], all.at(-1)]);
  assertEquals(rowsOf(times).reduce((sum, { count }) => sum + count, 0), all.length);
});

test("cli: no times have no figures, and one time has its own", () => {
  assertEquals([timesOf(new Histogram()), rowsOf(new Histogram())], [null, []]);
  const times = new Histogram();
  times.record(0.25);
  assertEquals(timesOf(times), { min: 0.25, mean: 0.25, p50: 0.25, p90: 0.25, p99: 0.25, p999: 0.25, max: 0.25 });
  assertEquals(rowsOf(times), [{ below: 0.5, count: 1 }]);
});

test("cli: what a stranger sends is shown without anything that a terminal obeys", () => {
  const cases: [Uint8Array, string][] = [
    [Buffer.from("plain ünïcode 🙂"), "plain ünïcode 🙂"],
    [
      Buffer.from("a\r\n\tb\0\x1b[2J\x7f\u0085\u202e\u2028"),
      "a\\r\\n\\tb\\u{0}\\u{1b}[2J\\u{7f}\\u{85}\\u{202e}\\u{2028}",
    ],
    [Uint8Array.from([0xff, 0, 65]), "[ff 00 41]"],
    [new Uint8Array(0), ""],
    [Buffer.from("x".repeat(3000)), `${"x".repeat(2000)}…`],
  ];
  for (const [data, text] of cases) assertEquals(printable(data), text);
  assertEquals(
    hexDump(Buffer.from("0123456789abcdef\x1b")),
    [
      "  0000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef",
      `  0010  1b${" ".repeat(45)}  .`,
    ].join("\n"),
  );
});

test("cli: a probe knows its own echoes only", () => {
  const probes = new Probes(20);
  assertEquals(probes.read(probes.make(7)), 7);
  assertEquals(probes.make(7).length, 20);
  assertEquals(new Probes(20).read(probes.make(7)), undefined);
  assertEquals(probes.read(probes.make(7).subarray(1)), undefined);
});

const label = (text: string): number[] => [text.length, ...Buffer.from(text)];
const record = (name: number[], type: number, value: number[]): number[] => [
  ...name,
  ...[0, type, 0, 1, 0, 0, 0, 9, value.length >> 8, value.length & 255],
  ...value,
];

function answer(...records: number[][]): Buffer {
  return Buffer.from([0, 0, 0x84, 0, 0, 0, 0, records.length, 0, 0, 0, 0, ...records.flat()]);
}

test("cli: the records of an mDNS answer are read", () => {
  const name = [...label("web"), ...label("local"), 0];
  const pointer = [0xc0, 12];
  const data = answer(
    record(name, 1, [192, 0, 2, 1]),
    record(pointer, 28, [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1]),
    record(pointer, 33, [0, 0, 0, 0, 0x1f, 0x90, ...pointer]),
    record(pointer, 16, [...label("path=/"), 0, ...label("a=b")]),
    record(pointer, 99, [1, 2, 3]),
    record(pointer, 12, [...label("me"), 0xc0, 16]),
  );
  assertEquals(decodeAnswer(data)?.map(({ name, type, value }) => `${name} ${type} ${value}`), [
    "web.local A 192.0.2.1",
    "web.local AAAA 2001:db8:0:0:0:0:0:1",
    "web.local SRV web.local:8080",
    "web.local TXT path=/ a=b",
    "web.local PTR me.local",
  ]);
});

test("cli: a question, a loop of pointers and a message that is cut off are no answers", () => {
  const whole = answer(record([...label("web"), 0], 1, [192, 0, 2, 1]));
  assertEquals(decodeAnswer(whole)?.length, 1);
  for (let length = 0; length < whole.length; length++) {
    assertEquals([length, decodeAnswer(whole.subarray(0, length))], [length, undefined]);
  }
  assertEquals(decodeAnswer(encodeQuery("_http._tcp.local")), undefined);
  assertEquals(decodeAnswer(answer(record([0xc0, 12], 1, [192, 0, 2, 1]))), undefined);
  assertEquals(decodeAnswer(answer(record([0xc0, 14, 0xc0, 12], 1, [192, 0, 2, 1]))), undefined);
});

test("cli: no message of random bytes breaks the reading of mDNS answers", () => {
  const random = numbers(2);
  const whole = answer(
    record([...label("web"), 0], 16, label("a=b")),
    record([0xc0, 12], 33, [0, 0, 0, 0, 0, 9, 0xc0, 12]),
  );
  for (let round = 0; round < 3000; round++) {
    const data = Buffer.from(whole);
    for (let change = 0; change < 4; change++) {
      data[Math.floor(random.next().value! * data.length)] = Math.floor(random.next().value! * 256);
    }
    const records = decodeAnswer(data);
    assert(records === undefined || Array.isArray(records));
  }
});
