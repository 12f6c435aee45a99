/** What a handle over libc waits for by itself: one timer for each purpose, and none after its end. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import * as timers from "node:timers";
import { timeouts } from "../../../src/runtimes/common/timers.ts";
import type { Host } from "../../../src/core/backend.ts";
import { provideBuiltins } from "../../../src/core/builtins.ts";
import type { Descriptor } from "../../../src/runtimes/libc/descriptor.ts";
import type { StandIn } from "../../../src/runtimes/libc/stand_in.ts";
import { KernelHandle } from "../../../src/runtimes/kernel/handle.ts";
import { PendingErrors } from "../../../src/runtimes/kernel/pending_errors.ts";
import { datagram } from "../../support/libc.ts";

provideBuiltins({ timers });

/** A socket of no kernel, by whose descriptor nothing leaves and nothing comes. */
class StubHandle extends KernelHandle {
  ref(): void {}
  unref(): void {}
  protected allows(): boolean {
    return true;
  }
  wait(): void {}
  protected release(): void {}
  override start(): void {
    super.start();
  }
}

function stub(result: number, standIn: StandIn | null = null): { handle: StubHandle; seen: { drained: number } } {
  const seen = { drained: 0 };
  const kernel = { send: () => result, sendBatch: () => result, connect: () => 0, pendingError: () => 0 };
  const host = { drained: () => seen.drained++ };
  return { handle: new StubHandle(kernel as unknown as Descriptor, host as unknown as Host, standIn), seen };
}

/**
 * The timers that are set while `play` runs, and not cleared or run yet: how many it has at a time. One that is due when
 * `runs` says no is lost.
 */
async function withTimers(play: (pending: () => number) => Promise<void>, runs = (): boolean => true): Promise<void> {
  const { setTimeout, clearTimeout } = timeouts;
  const timers = new Set<unknown>();
  const set = (run: () => void, delay: number): unknown => {
    const timer = setTimeout(() => {
      if (!runs()) return;
      timers.delete(timer);
      run();
    }, delay);
    timers.add(timer);
    return timer;
  };
  const clear = (timer: never): void => {
    timers.delete(timer);
    clearTimeout(timer);
  };
  Object.assign(timeouts, { setTimeout: set, clearTimeout: clear });
  try {
    await play(() => timers.size);
  } finally {
    Object.assign(timeouts, { setTimeout, clearTimeout });
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turnsUntil(seen: () => boolean): Promise<void> {
  for (let i = 0; i < 100_000 && !seen(); i++) await turn();
}

const one = datagram("x", "127.0.0.1", 9);

test("however often the kernel is full, one timer waits for room, and none after close()", () =>
  withTimers(async (pending) => {
    const { handle, seen } = stub(0);
    for (let i = 0; i < 100; i++) assertEquals([handle.send(one), handle.sendBatch([one, one], 0, 2)], [0, 0]);
    assertEquals(pending(), 1);
    await turnsUntil(() => seen.drained > 0);
    assertEquals([seen.drained, pending()], [1, 0]);
    handle.send(one);
    assertEquals(pending(), 1);
    handle.close(() => {});
    assertEquals(pending(), 0);
  }));

test("what a try has sent is counted by what bytes are, and not by what they say", async () => {
  const data = Object.defineProperty(new Uint8Array(4), "length", {
    get(): never {
      throw new Error("it was asked");
    },
  });
  const lying = datagram(data, "127.0.0.1", 9);
  let result = 0;
  const tried: number[] = [];
  const kernel = { send: () => result, sendBatch: () => result, get: () => 1000 };
  const host = { drained: () => tried.push(handle.send(lying), handle.sendBatch([lying, lying], 0, 2)) };
  const handle = new StubHandle(kernel as unknown as Descriptor, host as unknown as Host);
  handle.send(lying);
  result = 1;
  await turnsUntil(() => tried.length > 0);
  assertEquals(tried, [1, 1]);
  handle.close(() => {});
});

test("a stand-in that can't be armed is tried again by one timer, and by none while it is paused or closed", () =>
  withTimers(async (pending) => {
    let tries = 0;
    const standIn = { lasting: true, arm: () => -++tries, hold: () => 0, letGo: () => 0 };
    const { handle } = stub(1, standIn);
    for (let i = 0; i < 10; i++) handle.start();
    await turn();
    await turn();
    assertEquals(pending(), 1);
    assertEquals(handle.pause(), 0);
    assertEquals(pending(), 0);
    const before = tries;
    await turn();
    assertEquals(tries, before);
    handle.resume();
    await turnsUntil(() => tries > before);
    assertEquals(pending(), 1);
    handle.close(() => {});
    assertEquals(pending(), 0);
  }));

test("errors of a peer are looked for by one timer, and by none after close()", () =>
  withTimers(async (pending) => {
    const { handle } = stub(1);
    handle.connect("127.0.0.1", 9);
    for (let i = 0; i < 100; i++) handle.send(one);
    await turn();
    await turn();
    assertEquals(pending(), 1);
    handle.close(() => {});
    assertEquals(pending(), 0);
    let asked = 0;
    const errors = new PendingErrors(() => ++asked, () => {});
    errors.look();
    errors.end();
    await turn();
    assertEquals([asked, pending()], [0, 0]);
  }));

test("errors of a peer are looked for in the turn of each send, however long ago the one before it was", async () => {
  let asked = 0;
  const errors = new PendingErrors(() => {
    asked++;
    return 0;
  }, () => {});
  // From the third look on what comes is not a timer's, however long this machine takes for a turn.
  await withTimers(async () => {
    errors.look();
    await turnsUntil(() => asked === 3);
    errors.look();
    await turn();
    await turn();
    assertEquals(asked, 4);
    errors.end();
  }, () => asked < 3);
});
