/** What users have of virtual time. */

/** A timer of a network's clock. */
export interface NetworkTimer {
  /** Has those who wait for rest wait for it, as they do from the start. */
  ref(): NetworkTimer;
  /** Has those who wait for rest wait for it no longer. */
  unref(): NetworkTimer;
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
