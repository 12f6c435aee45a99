/** What a page has of a trace: packed where it is made, and unpacked and filtered in the page. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import type { Flight } from "../../src/testing/flights.ts";
import { filterTrace, packTrace, unpackTrace } from "../../src/testing/page_data.ts";

interface Sketch {
  readonly id: number;
  readonly ends: readonly [from: string, to: string];
  readonly time: readonly [since: number, until: number];
  readonly fate: string;
  readonly reason?: string;
  readonly onLink?: boolean;
  readonly data: Uint8Array;
}

const shared = Uint8Array.of(1, 2, 3);
const sketches: readonly Sketch[] = [
  { id: 1, ends: ["alice", "bob"], time: [0, 400], fate: "delivered", data: shared },
  { id: 1, ends: ["alice", "carol"], time: [0, 100], fate: "lost", reason: "by chance", onLink: true, data: shared },
  { id: 2, ends: ["Bob", "alice"], time: [150, 300], fate: "delivered", data: Uint8Array.of() },
  { id: 30, ends: ["carol", "bob"], time: [2 ** 40, 2 ** 40 + 1], fate: "refused", data: Uint8Array.of(255) },
];
const addresses: Readonly<Record<string, string>> = {
  alice: "10.0.0.1",
  bob: "10.0.0.2",
  Bob: "fd00::2",
  carol: "10.0.0.3",
};

const flightOf = ({ id, ends: [from, to], time: [since, until], fate, reason = "", onLink = false, data }: Sketch) =>
  ({
    packet: { id, source: addresses[from], sourcePort: 5000, destination: addresses[to], port: 9, data },
    ...{ from, to, since, until, fate, reason, onLink },
  }) as unknown as Flight;

const packed = packTrace(
  sketches.map(flightOf),
  Object.keys(addresses),
  ({ address, port }) => address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`,
);
const trace = unpackTrace(packed, atob);

test("a packed trace says of each datagram what it was made of", () => {
  const { hosts, texts, fates, bytes } = trace;
  const unpacked = sketches.map((_, i) => ({
    id: trace.id[i],
    ends: [hosts[trace.from[i]], hosts[trace.to[i]]],
    time: [trace.since[i], trace.until[i]],
    fate: fates[trace.fate[i] >> 1],
    onLink: trace.fate[i] % 2 === 1,
    reason: texts[trace.reason[i]],
    from: texts[trace.source[i]],
    to: texts[trace.destination[i]],
    data: [...bytes.subarray(trace.start[i], trace.start[i] + trace.size[i])],
  }));
  assertEquals(
    unpacked,
    sketches.map(({ id, ends, time, fate, reason = "", onLink = false, data }) => ({
      ...{ id, ends: [...ends], time: [...time], fate, onLink, reason, data: [...data] },
      from: ends[0] === "Bob" ? "[fd00::2]:5000" : `${addresses[ends[0]]}:5000`,
      to: `${addresses[ends[1]]}:9`,
    })),
  );
  assertEquals(trace.count, 4);
});

test("a datagram for many has its bytes in the page once", () => {
  assertEquals([...trace.bytes], [1, 2, 3, 255]);
});

test("what is over by a time is found by the latest end so far", () => {
  assertEquals([...trace.latest], [400, 400, 400, 2 ** 40 + 1]);
});

test("a trace without datagrams is unpacked as one", () => {
  const { count, from, bytes } = unpackTrace(packTrace([], ["alice"], () => ""), atob);
  assertEquals([count, from.length, bytes.length], [0, 0, 0]);
});

for (
  const [text, hidden, shown] of [
    ["", [], [1, 2, 3, 4]],
    ["ALICE", [], [1, 2, 3]],
    ["bob  alice", [], [1, 3]],
    ["#30", [], [4]],
    ["#1 lost", [], [2]],
    ["by chance", [], [2]],
    ["fd00::2", [], [3]],
    ["10.0.0.3:9", [], [2]],
    ["nobody", [], []],
    ["", ["delivered", "refused"], [2]],
    ["bob", ["delivered"], [4]],
  ] as const
) {
  test(`${JSON.stringify(text)} without ${hidden.join(" and ") || "nothing"} shows ${shown.join(", ") || "none"}`, () => {
    const found = [...filterTrace(trace, text, new Set<string>(hidden))];
    assertEquals(found.flatMap((isShown, i) => isShown === 1 ? [i + 1] : []), [...shown]);
  });
}
