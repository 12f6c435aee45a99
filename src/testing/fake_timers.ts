/** The fake timers that a test has already, and how they go on together with virtual time. */
import { invalidArgType } from "../core/errors.ts";
import { isObject } from "../core/validate.ts";
import type { FakeTimers } from "./clock_types.ts";
import { PER_MILLISECOND } from "./duration.ts";
import type { Follower, Timeline } from "./timeline.ts";

/** Has them follow. They count in milliseconds, and so does what comes to them. */
export class FakeFollower implements Follower {
  readonly #timeline: Timeline;
  readonly #tick: (milliseconds: number) => unknown;
  /** How many of them wait; node:test does not tell. */
  readonly #count: (() => number) | undefined;
  /** Tenths of a microsecond. */
  #at: number;

  constructor(timeline: Timeline, timers: FakeTimers) {
    this.#timeline = timeline;
    this.#at = timeline.now;
    const { tick, advanceTimersByTime, countTimers, getTimerCount } = isObject(timers)
      ? timers as Partial<Record<"tick" | "advanceTimersByTime" | "countTimers" | "getTimerCount", unknown>>
      : {};
    const advance = advanceTimersByTime ?? tick;
    if (typeof advance !== "function") {
      throw invalidArgType("timers", "the fake timers of node:test, sinon, vitest or jest", timers);
    }
    const count = getTimerCount ?? countTimers;
    this.#tick = (milliseconds) => advance.call(timers, milliseconds);
    this.#count = typeof count === "function" ? () => count.call(timers) : undefined;
  }

  get pending(): boolean {
    return this.#count !== undefined && this.#count() > 0;
  }

  /** They don't say when the next one is due: each millisecond could be it. */
  get next(): number {
    return this.#count === undefined || this.#count() > 0 ? this.#at + PER_MILLISECOND : Infinity;
  }

  get isBehind(): boolean {
    return this.#timeline.now - this.#at >= PER_MILLISECOND;
  }

  happen(): void {
    const milliseconds = Math.floor((this.#timeline.now - this.#at) / PER_MILLISECOND);
    this.#at += milliseconds * PER_MILLISECOND;
    this.#tick(milliseconds);
  }

  describe(): string {
    return `${this.#count?.() ?? "some"} fake timers`;
  }
}
