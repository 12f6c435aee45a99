/** A socket that is flooded, with a listener that can't keep up, leaves everything else its turn. */
import { assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import { test } from "node:test";
import { startSelf } from "../support/child.ts";
import { within } from "../support/within.ts";

type Told = Record<"messages" | "turns" | "timers" | "promises" | "trips", number>;

/** Of 5,000 messages or more no more than this many may come in one turn of the event loop, on average. */
const MOST_A_TURN = 250;

async function flood(): Promise<Told> {
  const hit = startSelf("core/starvation", ["hit"], { timeout: 60_000 });
  const { port } = await within(hit.next<{ port: number }>(), "the port");
  const flooder = startSelf("core/starvation", ["flood", String(port), "auto"], { timeout: 60_000 });
  try {
    return await within(hit.next<Told>(), "5,000 messages", 50_000);
  } finally {
    flooder.end();
    hit.end();
    await Promise.all([flooder.result, hit.result]);
  }
}

/** The default receive buffer holds so many small datagrams, with a kernel's and a runtime's own. */
const MOST_LATE = 2 * 300;

/** The same where the kernel has joined them: so many rows of 64 in the buffer, and as many as are read at once. */
const MOST_LATE_IN_ROWS = 64 * (60 + 32);

/** How many messages are heard after the end of a flood. */
async function late(segmentation: "auto" | "off"): Promise<number> {
  const hit = startSelf("core/starvation", ["late"], { timeout: 60_000 });
  const { port } = await within(hit.next<{ port: number }>(), "the port");
  const flooder = startSelf("core/starvation", ["flood", String(port), segmentation], { timeout: 60_000 });
  try {
    await within(hit.next(), "5,000 messages", 50_000);
    flooder.end();
    await flooder.result;
    hit.send({});
    return (await within(hit.next<{ late: number }>(), "the last of them", 50_000)).late;
  } finally {
    flooder.end();
    hit.end();
    await Promise.all([flooder.result, hit.result]);
  }
}

test("a listener that can't keep up with a flood hears no more of it, when it is over, than buffers hold", async () => {
  assertLessOrEqual(await late("off"), MOST_LATE);
});

test("of a flood in rows it hears no more than buffers hold of rows", async () => {
  assertLessOrEqual(await late("auto"), MOST_LATE_IN_ROWS);
});

test("under a flood on one socket timers, promises and other sockets go on", async () => {
  const { messages, turns, timers, promises, trips } = await flood();
  assertGreaterOrEqual(messages, 5_000);
  const least = messages / MOST_A_TURN;
  assertGreaterOrEqual(turns, least);
  assertGreaterOrEqual(timers, least);
  assertGreaterOrEqual(promises, least);
  assertGreaterOrEqual(trips, 1);
});
