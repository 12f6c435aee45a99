/** Parts of the command-line tool that need no network: figures, names, bytes. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { UsageError } from "../../src/cli/failure.ts";
import { rowsOf, timesOf } from "../../src/cli/figures.ts";
import { Histogram } from "../../src/cli/histogram.ts";
import { isGroup, parseGroup, parseInterface } from "../../src/cli/membership.ts";
import { decodeAnswer, encodeQuery } from "../../src/cli/mdns.ts";
import { hexDump, printable, printableJson, printableLines } from "../../src/cli/printable.ts";
import { Probes } from "../../src/cli/probe.ts";
import { Report } from "../../src/cli/report.ts";
import { Seen } from "../../src/cli/seen.ts";
import { runMain } from "../support/cli.ts";

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

/** All that a terminal may obey, or that hides or turns around what stands beside it. */
const UNSEEN = [
  ...Array.from({ length: 0xa0 }, (_, code) => code).filter((code) => code < 0x20 || code >= 0x7f),
  ...[0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b],
  ...[0x202c, 0x202d, 0x202e, 0x2060, 0x2064, 0x2066, 0x2067, 0x2068, 0x2069, 0x206f, 0x3164, 0xfe0f, 0xfeff],
  ...[0xfff9, 0xe0001, 0xe0041],
];

test("cli: nothing that a terminal obeys, that hides or that reorders passes the report, in text or in JSON", () => {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text), isTTY: true, columns: 200 };
  const hostile = (code: number): string => `a${String.fromCodePoint(code)}b`;
  for (const json of [false, true]) {
    const streams = { stdout: stream, stderr: stream, colour: false, signal: new AbortController().signal };
    const report = new Report({ ...streams, stdin: () => undefined as never }, json);
    for (const code of UNSEEN) {
      written.length = 0;
      report.tell("event", { text: hostile(code) }, hostile(code));
      report.remark(hostile(code));
      for (const line of written) {
        const [begin, end] = [line.indexOf("a"), line.lastIndexOf("b")];
        // The end of the line is the report's own.
        const shown = code === 10 && !json ? line.slice(begin, end).replace("\n", "") : line.slice(begin, end);
        assert(!shown.includes(String.fromCodePoint(code)), `${json} ${code.toString(16)} ${JSON.stringify(line)}`);
      }
      if (json) assertEquals(JSON.parse(written[0]), { event: "event", text: hostile(code) });
    }
  }
  assertEquals(printableLines("\x1b[1mbold\x1b[0m\n\x1b[2J\x9b31m"), "\x1b[1mbold\x1b[0m\n\\u{1b}[2J\\u{9b}31m");
  assertEquals(printableJson("\u{e0041}\ud800"), '"\\udb40\\udc41\\ud800"');
});

test("cli: a failure's text is shown as one line without what a terminal obeys", async () => {
  const { code, stdout, stderr } = await runMain(["listen\x1b[2J\u202e"]).result;
  assertEquals([code, stdout], [2, ""]);
  assertEquals(stderr.trimEnd(), 'dgram: unknown command: "listen\\u001b[2J\\u{202e}"; try: dgram help');
});

test("cli: what is remembered is bounded in number and in length, and the bound is told once", () => {
  for (const [length, most] of [[10, 10_000], [1000, 4000]]) {
    let told = 0;
    const seen = new Seen(() => told++);
    let added = 0;
    for (let n = 0; n < 12_000; n++) if (seen.add(`${n}`.padEnd(length))) added++;
    assertEquals([added, seen.size, told], [most, most, 1]);
    assertEquals(seen.add("0".padEnd(length)), false);
  }
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

/** A message whose bytes are counted as they are read. */
function counted(data: Buffer): { data: Buffer; reads: () => number } {
  let reads = 0;
  const watched = new Proxy(data, {
    get(target, key) {
      if (typeof key === "string") reads++;
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { data: watched, reads: () => reads };
}

const flags = (questions: number, records: number): number[] => [
  ...[0, 0, 0x84, 0],
  ...[questions >> 8, questions & 255, records >> 8, records & 255, 0, 0, 0, 0],
];

/** The longest that a datagram can be. */
const filled = (head: number[], part: (at: number) => number[]): Buffer => {
  const data = [...head];
  while (data.length < 65_000) data.push(...part(data.length));
  return Buffer.from(data);
};
const back = (to: number): number[] => [0xc0 | to >> 8, to & 255];

/** Where the first record's value is, if it is the root's. */
const CHAIN_START = 23;
const CHAIN = [0, 0, ...Array.from({ length: 8000 }, (_, n) => back(CHAIN_START + 2 * n)).flat()];
const LABELS = [...Array.from({ length: 250 }, () => label("x".repeat(63))).flat(), 0];

/** A record with this value, and as many others as there is room for, whose names are in it. */
function manyNames(value: number[], at: number): Buffer {
  return filled([...flags(0, 3000), ...record([0], 99, value)], () => record(back(at), 12, back(at)));
}

const hostile: readonly (readonly [what: string, data: Buffer])[] = [
  ["65535 records in 12 bytes", Buffer.from(flags(0, 65535))],
  ["65535 questions in 12 bytes", Buffer.from(flags(65535, 0))],
  ["65535 records in the longest datagram", filled(flags(0, 65535), () => record([0], 99, []))],
  ["pointers that lead to pointers, each to the one before", manyNames(CHAIN, CHAIN_START + CHAIN.length - 2)],
  ["names of very many labels", manyNames(LABELS, CHAIN_START)],
];

for (const [what, data] of hostile) {
  test(`cli: ${what} are dropped, in time linear in their size`, () => {
    const { data: watched, reads } = counted(data);
    assertEquals(decodeAnswer(watched), undefined);
    assert(reads() < 1000 + 2 * data.length, `${reads()} reads of ${data.length} bytes`);
  });
}

test("cli: the longest mDNS answer with the longest names is read in bounded time and space", () => {
  const longest = [63, 63, 63, 61].flatMap((length) => label("n".repeat(length)));
  const data = filled([...flags(0, 5000), ...record([...longest, 0], 99, [])], () => record(back(12), 12, back(12)));
  data.writeUInt16BE(5000, 6);
  const { data: watched, reads } = counted(data);
  const records = decodeAnswer(watched)!;
  assertEquals(records.length, 499);
  assertEquals(Math.max(...records.map(({ name }) => name.length)), 253);
  assert(reads() < 500 * 60, `${reads()} reads`);
});

for (
  const [what, value] of [
    ["a name that ends before its record", record([0], 12, [0, 0])],
    ["a name that ends behind its record", [...record([0], 12, [1]), 97, 0]],
    ["a text that is cut off", record([0], 16, [5, 97])],
    ["an IPv4 address of five bytes", record([0], 1, [1, 2, 3, 4, 5])],
    ["an IPv6 address of four bytes", record([0], 28, [1, 2, 3, 4])],
    ["a service of six bytes", record([0], 33, [0, 0, 0, 0, 0, 9])],
    ["a name of 256 bytes", record([...[63, 63, 63, 62].flatMap((length) => label("n".repeat(length))), 0], 99, [])],
    ["a pointer into the header", record(back(0), 99, [])],
  ] as const
) {
  test(`cli: ${what} is no record`, () => assertEquals(decodeAnswer(answer([...value])), undefined));
}

test("cli: whatever arrives, the reading of mDNS answers ends with records of bounded names", () => {
  const whole = [...answer(
    record([...label("web"), ...label("local"), 0], 16, label("a=b")),
    record([0xc0, 12], 33, [0, 0, 0, 0, 0, 9, 0xc0, 12]),
    record([0xc0, 12], 12, [...label("me"), 0xc0, 16]),
  )];
  const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 });
  const mutated = fc.tuple(changes, fc.nat(whole.length)).map(([list, length]) => {
    const data = [...whole];
    for (const [at, byte] of list) data[at] = byte;
    return data.slice(0, data.length - (length >> 2));
  });
  const random = fc.uint8Array({ maxLength: 600 }).map((bytes) => [...flags(0, bytes.length & 7), ...bytes]);
  fc.assert(
    fc.property(fc.oneof(mutated, random), (bytes) => {
      for (const { name, type, value } of decodeAnswer(Buffer.from(bytes)) ?? []) {
        assert(name.length <= 255 && (type === "TXT" || value.length <= 261), `${name} ${type} ${value}`);
      }
    }),
    { numRuns: 2000 },
  );
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

test("cli: a group is told from other addresses, and an interface is named as its family has it", () => {
  for (const group of ["224.0.0.251", "239.255.255.255", "ff02::fb", "FF05::1", "ff02::fb%lo"]) {
    assertEquals([isGroup(group), parseGroup(group)], [true, group]);
  }
  for (const other of ["223.255.255.255", "240.0.0.1", "::1", "fe80::1%lo", "group.example", ""]) {
    assertEquals(isGroup(other), false);
    assertThrows(() => parseGroup(other), UsageError, "not a multicast group");
  }
  assertEquals(parseInterface(undefined, 4), undefined);
  assertEquals(parseInterface("127.0.0.1", 4), "127.0.0.1");
  assertThrows(() => parseInterface("lo", 4), UsageError, 'not an IPv4 address of an interface: "lo"');
  assertEquals([parseInterface("lo", 6), parseInterface("::%lo", 6)], ["::%lo", "::%lo"]);
});
