import type { Clock, ClockTimer } from "./backend.ts";

/** Those of a clock, or of node:timers. */
export type Timers = Omit<Clock, "now">;

/** How often is looked, and how many looks may find something that waits: a second, of a process that runs. */
const LOOK = 100;
const LOOKS = 10;

/**
 * How long a closed socket waits for look-ups and for room in the kernel, in all. A name server may be dead, a link slow,
 * and the kernel may never have room: not for an IPv6 datagram of two fragments where the send buffer is smaller than
 * one, on Linux. What a runtime merely sends one by one is not counted: some of it leaves in every turn.
 *
 * @param timers whose second it is
 * @param left how many datagrams have ended, up to now
 * @param end called once it has waited too long
 * @returns what has it wait no longer
 */
export function waitPatiently(timers: Timers, left: () => number, end: () => void): () => void {
  let timer: ClockTimer | undefined;
  let looks = 0;

  /** What waits is no reason for the process to stay; the open socket may be one. */
  function wait(): void {
    timer = timers.setTimeout(look, LOOK);
    timer.unref();
  }

  function look(): void {
    const before = left();
    timers.setImmediate(() =>
      timers.setImmediate(() => {
        if (!timer) return;
        if (left() === before) looks++;
        if (looks < LOOKS) wait();
        else end();
      })
    );
  }

  wait();
  return () => {
    timers.clearTimeout(timer);
    timer = undefined;
  };
}
