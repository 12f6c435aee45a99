/** When the kernel is asked again that had no room, where nobody tells that it has. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { timeouts } from "../../../src/runtimes/common/timers.ts";
import { SendRetry } from "../../../src/runtimes/kernel/send_retry.ts";

const BUFFER = 80_000;
/** With what the kernel adds to it an eightieth of the buffer. */
const SIZE = 232;

/** Tries, of which each lets so many datagrams leave before one is refused; answers the delays before each. */
function delaysOf(left: readonly number[]): number[] {
  const { setTimeout } = timeouts;
  const due: { run: () => void; delay: number }[] = [];
  timeouts.setTimeout = ((run: () => void, delay: number) => due.push({ run, delay })) as never;
  try {
    let turn = -1;
    const retry = new SendRetry(() => {
      for (let i = 0; i < left[turn]; i++) retry.took(1, SIZE);
      retry.refused();
    }, () => BUFFER);
    retry.refused();
    const delays = [];
    for (turn = 0; turn < left.length; turn++) {
      const { run, delay } = due.shift()!;
      delays.push(delay);
      run();
    }
    assertEquals(due.length, 1);
    return [...delays, due[0].delay];
  } finally {
    timeouts.setTimeout = setTimeout;
  }
}

test("a kernel that takes nothing is asked less and less often, up to every 32 ms", () => {
  assertEquals(delaysOf([0, 0, 0, 0, 0, 0, 0]), [1, 2, 4, 8, 16, 32, 32, 32]);
});

test("a kernel that takes more than half of its buffer each time is asked more often", () => {
  assertEquals(delaysOf([0, 0, 0, 41, 41, 41, 41]), [1, 2, 4, 8, 4, 2, 1, 1]);
});

test("a kernel that takes some of its buffer each time is asked as often as before", () => {
  assertEquals(delaysOf([0, 0, 10, 12, 39, 20]), [1, 2, 4, 4, 4, 4, 4]);
});

test("after a refusal one datagram is offered, and then twice as many as were taken", () => {
  const { setTimeout } = timeouts;
  let run = (): void => {};
  timeouts.setTimeout = ((later: () => void) => run = later) as never;
  try {
    const offered: number[] = [];
    const retry = new SendRetry(() => {
      for (let i = 0; i < 8; i++) {
        offered.push(retry.most);
        retry.took(retry.most, retry.most * SIZE);
      }
    }, () => BUFFER);
    assertEquals(retry.most, 64);
    retry.refused();
    run();
    assertEquals(offered, [1, 2, 4, 8, 16, 32, 64, 64]);
    assertEquals(retry.most, 64);
  } finally {
    timeouts.setTimeout = setTimeout;
  }
});
