/** A socket that is flooded, with a listener that can't keep up, leaves everything else its turn. */
import { assertGreaterOrEqual } from "@std/assert";
import { test } from "node:test";
import { startSelf } from "./support/child.ts";
import { within } from "./support/within.ts";

type Told = Record<"messages" | "turns" | "timers" | "promises" | "trips", number>;

/** Of 5,000 messages or more no more than this many may come in one turn of the event loop, on average. */
const MOST_A_TURN = 250;

async function flood(): Promise<Told> {
  const hit = startSelf("starvation", ["hit"], { timeout: 60_000 });
  const { port } = await within(hit.next<{ port: number }>(), "the port");
  const flooder = startSelf("starvation", ["flood", String(port)], { timeout: 60_000 });
  try {
    return await within(hit.next<Told>(), "5,000 messages", 50_000);
  } finally {
    flooder.end();
    hit.end();
    await Promise.all([flooder.result, hit.result]);
  }
}

test("under a flood on one socket timers, promises and other sockets go on", async () => {
  const { messages, turns, timers, promises, trips } = await flood();
  assertGreaterOrEqual(messages, 5_000);
  const least = messages / MOST_A_TURN;
  assertGreaterOrEqual(turns, least);
  assertGreaterOrEqual(timers, least);
  assertGreaterOrEqual(promises, least);
  assertGreaterOrEqual(trips, 1);
});
