/** The first seconds of `npm run soak`: nothing is lost, all is in order, and no descriptor stays open. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { capabilities } from "@x/dgram";
import { spawnSelf } from "../support/child.ts";

interface End {
  readonly sent: number;
  readonly lost: number;
  readonly disordered: number;
  readonly opened: number;
  readonly closed: number;
  readonly paused: number;
  readonly connected: number;
  readonly terminated: number;
  readonly ofThreads: number;
  readonly churned: number;
  readonly descriptors: number;
}

test("streams lose nothing and keep their order while sockets come, go, pause and reconnect and threads are terminated", async () => {
  const plan = { seconds: 1.5, sockets: 200, limitSeconds: 0.3, every: 1000, flood: 0 };
  const { stdout, stderr, code } = await spawnSelf("soak/soak", [JSON.stringify(plan)], { silence: 60_000 });
  assertEquals(code, 0, stderr);
  const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
  const { end } = lines.at(-1) as { end: End };
  assertEquals([end.lost, end.disordered, end.churned], [0, 0, 200], stdout);
  assert(end.sent > 100, stdout);
  assert(end.descriptors <= lines.find((line) => "sample" in line).sample.descriptors, stdout);
  const { features } = capabilities;
  const happened = [
    end.opened,
    features.pause === "unavailable" || end.paused,
    features.connect === "unavailable" || end.connected,
    end.terminated,
    end.ofThreads,
  ];
  assert(happened.every(Boolean), stdout);
});
