import { builtin } from "./builtins.ts";

/** How often is looked, and how many looks may find something that waits: a second, of a process that runs. */
const LOOK = 100;
const LOOKS = 10;

/**
 * How long a closed socket waits for look-ups and for room in the kernel, in all. A name server may be dead, a link slow,
 * and the kernel may never have room: not for an IPv6 datagram of two fragments where the send buffer is smaller than
 * one, on Linux. What a runtime merely sends one by one is not counted: some of it leaves in every turn.
 *
 * @param left how many datagrams have ended, up to now
 * @param end called once it has waited too long
 * @returns what has it wait no longer
 */
export function waitPatiently(left: () => number, end: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looks = 0;

  /** What waits is no reason for the process to stay; the open socket may be one. */
  function wait(): void {
    timer = setTimeout(look, LOOK);
    timer.unref();
  }

  function look(): void {
    const before = left();
    const { setImmediate } = builtin("timers");
    setImmediate(() =>
      setImmediate(() => {
        if (!timer) return;
        if (left() === before) looks++;
        if (looks < LOOKS) wait();
        else end();
      })
    );
  }

  wait();
  return () => {
    clearTimeout(timer);
    timer = undefined;
  };
}
