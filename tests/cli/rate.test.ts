/** `dgram bench --rate` and `--receive`: what a receiver counts of a stream that goes one way. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { parseRate } from "../../src/cli/commands/bench_one_way.ts";
import { OneWayRun, readOneWay, reportMessage } from "../../src/cli/one_way_message.ts";
import { StreamCounts } from "../../src/cli/stream_counts.ts";
import { type Line, runMain } from "../support/cli.ts";
import { freePort } from "../support/free_port.ts";
import { peersSkip, startPeer } from "../support/python.ts";
import { within } from "../support/within.ts";

const HOST = "127.0.0.1";
const linesOf = (stdout: string): Line[] => stdout.trimEnd().split("\n").map((line) => JSON.parse(line));

test("cli: both ends tell what a path has lost, doubled and reordered, as the path itself does", {
  skip: peersSkip,
}, async () => {
  const receiver = runMain(["bench", "--receive", "-a", HOST, "-c", "1", "--json"]);
  const { port } = await receiver.next("listening");
  const path = startPeer("cli/lossy", [`${port}`, "200"]);
  const entrance = await within(path.next<{ port: number }>(), "the path's port");
  // So few that a receiver which does not get to run has room for all of them.
  const args = ["bench", HOST, `${entrance.port}`, "--rate", "1k", "-c", "150", "-s", "200", "-t", "20", "--json"];
  const { code, stdout, stderr, open } = await runMain(args).result;
  path.send("counts");
  const counts = await within(path.next<Record<string, number>>(), "the path's counts");
  path.end();
  await path.result;
  const received = await receiver.result;

  assertEquals([code, stderr, open, received.code, received.open], [0, "", 0, 0, 0]);
  assert(counts.lost === 15 && counts.outOfOrder > 0 && counts.duplicates > 0, JSON.stringify(counts));
  const pick = ({ sent, lost, outOfOrder, duplicates }: Line) => ({ sent, lost, outOfOrder, duplicates });
  const summary = linesOf(stdout).at(-1)!;
  const stream = linesOf(received.stdout).find(({ event }) => event === "stream")!;
  assertEquals(pick(summary), { ...counts } as ReturnType<typeof pick>);
  assertEquals(pick(stream), pick(summary));
  assertEquals([summary.received, summary.jitter, stream.complete], [150 - counts.lost, stream.jitter, true]);
  assert((summary.jitter as number) > 0);
});

test("cli: without a host bench --rate is both ends, and says it as iperf3 does", async () => {
  const { code, stdout, open } = await runMain(["bench", "--rate", "1Mbit", "-s", "125", "-c", "50"]).result;
  assertEquals([code, open], [0, 0]);
  assert(
    /^50 datagrams sent in \d+\.\d\d s, [\d,]+\/s, \d\.\d\d Mbit\/s\n50 received, \d\.\d\d Mbit\/s {2}jitter \d+\.\d{3} ms {2}lost 0\/50 \(0 %\) {2}out of order 0\n$/
      .test(stdout),
    stdout,
  );
});

test("cli: bench --rate to who does not answer exits with 1", async () => {
  const args = ["bench", HOST, `${await freePort()}`, "--rate", "100", "-c", "1", "-t", "0.1"];
  const { code, stderr, open } = await runMain(args).result;
  assertEquals([code, open], [1, 0]);
  assert(/\ndgram: (no report from|nobody listens on) 127\.0\.0\.1:\d+[^\n]*\n$/.test(stderr), stderr);
});

test("cli: bench --rate ends in its time, however seldom it sends", async () => {
  // The next one would be due in a thousand seconds.
  const run = runMain(["bench", "--rate", "0.001", "-d", "0.3", "--json"]);
  const { code, stdout, open } = await run.result;
  assertEquals([code, open], [0, 0], stdout);
});

/** Feeds a stream in which number n is sent at 10 n and takes `delay(n)` longer than nothing. */
function count(numbers: readonly number[], delay: (number: number) => number = () => 0): StreamCounts {
  const counts = new StreamCounts();
  for (const number of numbers) counts.count(number, 1, 10 * number, 1000 + 10 * number + delay(number));
  return counts;
}

test("cli: jitter is that of RFC 1889, 6.3.1: a sixteenth of what is new", () => {
  let jitter = 0;
  for (const difference of [8, 8, 8]) jitter += (difference - jitter) / 16;
  assertEquals(count([0, 1, 2, 3], (number) => number % 2 * 8).figures.jitter, jitter);
  assertEquals(count([0, 1, 2, 3], () => 500).figures.jitter, 0);
});

test("cli: what comes late is out of order and not lost, and a copy is neither", () => {
  const figures = (numbers: number[], sent?: number) => {
    const counts = count(numbers);
    if (sent !== undefined) counts.tell(sent);
    const { sent: all, received, lost, outOfOrder, duplicates } = counts.figures;
    return [all, received, lost, outOfOrder, duplicates];
  };
  assertEquals(figures([]), [0, 0, 0, 0, 0]);
  assertEquals(figures([0, 1, 2], 5), [5, 3, 2, 0, 0]);
  assertEquals(figures([0, 3, 1]), [4, 3, 1, 1, 0]);
  assertEquals(figures([0, 3, 1, 2]), [4, 4, 0, 2, 0]);
  assertEquals(figures([0, 1, 1, 0, 2]), [3, 3, 0, 0, 2]);
  // Further back than is remembered, and further ahead.
  assertEquals(figures([0, 200_000, 1]), [200_001, 3, 199_998, 1, 0]);
  assertEquals(figures([0, 65_536, 65_536, 1, 1]), [65_537, 3, 65_534, 1, 2]);
});

test("cli: whatever a path does to a stream, the counts are those of who knows all of it", () => {
  const path = fc.array(fc.nat(40), { maxLength: 60 });
  fc.assert(fc.property(path, (numbers) => {
    const came = new Set<number>();
    let [highest, outOfOrder, duplicates] = [-1, 0, 0];
    for (const number of numbers) {
      if (came.has(number)) duplicates++;
      else if (number < highest) outOfOrder++;
      came.add(number);
      highest = Math.max(highest, number);
    }
    const { figures } = count(numbers);
    const { sent, received, lost } = figures;
    assertEquals([sent, received, lost], [highest + 1, came.size, highest + 1 - came.size]);
    assertEquals([figures.outOfOrder, figures.duplicates], [outOfOrder, duplicates]);
  }));
});

test("cli: a report is as long as its question, and junk is no message", () => {
  const run = new OneWayRun();
  const { figures } = count([0, 1]);
  const report = reportMessage(run.id, figures);
  assertEquals(readOneWay(report), { kind: "report", id: run.id, figures });
  assertEquals(readOneWay(run.end(7)), { kind: "end", id: run.id, sent: 7 });
  assertEquals(readOneWay(run.data(3, 28, 1.5)), { kind: "data", id: run.id, sequence: 3, sentAt: 1.5 });
  assertEquals(run.end(7).length, report.length);
  for (const message of [report, run.end(7)]) {
    for (let length = 0; length < message.length; length++) {
      assertEquals(readOneWay(message.subarray(0, length)), undefined);
    }
  }
  const hostile = fc.tuple(fc.nat(3), fc.uint8Array({ maxLength: 90 })).map(([kind, bytes]) =>
    Buffer.from([...Buffer.from("dgr1"), kind, ...bytes])
  );
  fc.assert(fc.property(hostile, (data) => {
    const message = readOneWay(data);
    if (message?.kind === "end") assert(Number.isInteger(message.sent) && message.sent >= 0);
    if (message?.kind === "report") { for (const value of Object.values(message.figures)) assert(value >= 0); }
  }));
});

test("cli: a rate is datagrams a second, or bits", () => {
  assertEquals(["500", "2.5k", "1M", "10Mbit", ".5kbit"].map((text) => parseRate(text, 125)), [
    ...[500, 2500, 1e6],
    ...[10_000, 0.5],
  ]);
});
