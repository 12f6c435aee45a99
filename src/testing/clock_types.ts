/** What users have of virtual time. */
import type { Change } from "./change.ts";

/** A timer of a network's clock. */
export interface NetworkTimer {
  /** Has those who wait for rest wait for it, as they do from the start. */
  ref(): NetworkTimer;
  /** Has those who wait for rest wait for it no longer. */
  unref(): NetworkTimer;
  /** Whether they wait for it. */
  hasRef(): boolean;
  /** Has it begin anew, as if it were set now. */
  refresh(): NetworkTimer;
  /** The same as `clearTimeout` with it. */
  close(): NetworkTimer;
}

/** Virtual time, and timers that follow it. The members can be called without it. */
export interface NetworkClock {
  /** Milliseconds since the network began. */
  readonly now: () => number;
  /** As the global of this name, in virtual time; fractions of a millisecond count from 1 on. */
  readonly setTimeout: <Values extends unknown[]>(
    callback: (...values: Values) => void,
    delay?: number,
    ...values: Values
  ) => NetworkTimer;
  /** As the global of this name, in virtual time. */
  readonly setInterval: <Values extends unknown[]>(
    callback: (...values: Values) => void,
    delay?: number,
    ...values: Values
  ) => NetworkTimer;
  /** Calls back in this instant, when all that happens now has happened. */
  readonly setImmediate: <Values extends unknown[]>(
    callback: (...values: Values) => void,
    ...values: Values
  ) => NetworkTimer;
  /** Resolves after so many milliseconds of virtual time. */
  readonly sleep: (delay: number) => Promise<void>;
  /** Takes back what one of the others has asked for. */
  readonly clearTimeout: (timer: NetworkTimer | undefined | null) => void;
  /** The same as `clearTimeout`. */
  readonly clearInterval: (timer: NetworkTimer | undefined | null) => void;
  /** The same as `clearTimeout`. */
  readonly clearImmediate: (timer: NetworkTimer | undefined | null) => void;
}

/** What {@linkcode NetworkTime.install} takes. */
export interface InstallOptions {
  /** What `Date` says at once; by itself virtual time begins with 1970. */
  now?: Date | number | undefined;
  /** Whether also the names have to be replaced that ES modules import of `node:timers`: Node alone can do that. */
  imports?: boolean | undefined;
}

/** Fake timers: `mock.timers` of node:test, the clock of sinon or @sinonjs/fake-timers, `vi` of vitest, `jest`. */
export type FakeTimers =
  | { tick(milliseconds: number): unknown; countTimers?(): number }
  | { advanceTimersByTime(milliseconds: number): unknown; getTimerCount(): number };

/** The clock of a network. */
export interface NetworkTime extends NetworkClock {
  /**
   * Puts virtual time in the place of the global timers, those of `node:timers` and `node:timers/promises`, `Date`,
   * `performance.now` and `process.hrtime`, until that is undone or the network is closed. What an ES module imports of
   * `node:timers` by name stays real on Deno and Bun.
   *
   * @param options the date, and whether imported names matter, see {@linkcode InstallOptions}
   * @returns what undoes it
   * @throws {Error} ERR_NETWORK_TIMERS_INSTALLED while another network has done so; ERR_NETWORK_TIMERS_NOT_REPLACED where
   * `imports` can't be had
   * @throws {TypeError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for what is no option
   */
  readonly install: (options?: InstallOptions) => Change;
  /**
   * Has fake timers go on with virtual time, and `idle` wait for them, but for those of node:test, which can't be counted.
   *
   * @param timers them, see {@linkcode FakeTimers}: they have to be in use, and not to fake `nextTick` and `queueMicrotask`
   * @returns what undoes it
   * @throws {TypeError} ERR_INVALID_ARG_TYPE for what has no way to go on
   */
  readonly join: (timers: FakeTimers) => Change;
}
