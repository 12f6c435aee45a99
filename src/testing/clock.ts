import { asyncResource } from "../core/builtins.ts";
import { validateFunction } from "../core/validate.ts";
import { PER_MILLISECOND, showTime } from "./duration.ts";
import { Event } from "./event_queue.ts";
import type { Timeline } from "./timeline.ts";
import type { Skew } from "./skew.ts";
import type { NetworkClock, NetworkTimer } from "./clock_types.ts";

/** A timer of virtual time. */
export class VirtualTimer extends Event implements NetworkTimer {
  override readonly tells = true;
  readonly #timeline: Timeline;
  readonly #callback: () => void;
  readonly #delay: number;
  readonly #repeats: boolean;
  readonly #forCore: boolean;

  constructor(timeline: Timeline, callback: () => void, delay: number, repeats = false, forCore = false) {
    super();
    this.#timeline = timeline;
    this.#callback = callback;
    this.#delay = delay;
    this.#repeats = repeats;
    this.#forCore = forCore;
  }

  override happen(): void {
    if (this.#repeats) this.#timeline.add(this, this.time + this.#delay);
    this.#callback();
  }

  hasRef(): boolean {
    return this.#timeline.has(this) && this.pending;
  }

  refresh(): this {
    this.#timeline.remove(this);
    this.#timeline.add(this, this.#timeline.now + this.#delay);
    return this;
  }

  close(): this {
    this.#timeline.remove(this);
    return this;
  }

  override describe(): string {
    return `a timer at ${showTime(this.time)} s`;
  }

  /** Has those who wait for rest wait for it, as they do from the start. */
  ref(): this {
    this.#timeline.setPending(this, true);
    return this;
  }

  /** Has those who wait for rest wait for it no longer. */
  unref(): this {
    // A socket that closes is not at rest.
    if (!this.#forCore) this.#timeline.setPending(this, false);
    return this;
  }
}

/** What programs take for their clock. */
export class VirtualClock implements NetworkClock {
  readonly #timeline: Timeline;

  /** That of a host whose clock is off, or null. */
  readonly #skew: Skew | null;

  constructor(timeline: Timeline, skew: Skew | null = null) {
    this.#timeline = timeline;
    this.#skew = skew;
  }

  readonly now = (): number => (this.#skew ?? this.#timeline).now / PER_MILLISECOND;

  readonly setTimeout = <Values extends unknown[]>(
    callback: (...values: Values) => void,
    delay = 1,
    ...values: Values
  ): VirtualTimer => this.#start(callback, this.#wait(delay), false, values);

  readonly setInterval = <Values extends unknown[]>(
    callback: (...values: Values) => void,
    delay = 1,
    ...values: Values
  ): VirtualTimer => this.#start(callback, this.#wait(delay), true, values);

  readonly setImmediate = <Values extends unknown[]>(
    callback: (...values: Values) => void,
    ...values: Values
  ): VirtualTimer => this.#start(callback, 0, false, values);

  readonly sleep = (delay: number): Promise<void> => new Promise((done) => this.setTimeout(done, delay));

  readonly clearTimeout = (timer: NetworkTimer | undefined | null): void => {
    if (timer instanceof VirtualTimer) this.#timeline.remove(timer);
  };

  readonly clearInterval: NetworkClock["clearTimeout"] = this.clearTimeout;

  readonly clearImmediate: NetworkClock["clearTimeout"] = this.clearTimeout;

  #start<Values extends unknown[]>(
    callback: (...values: Values) => void,
    delay: number,
    repeats: boolean,
    values: Values,
  ): VirtualTimer {
    validateFunction(callback, "callback");
    const timer = new VirtualTimer(this.#timeline, asyncResource().bind(() => callback(...values)), delay, repeats);
    this.#timeline.add(timer, this.#timeline.now + delay);
    return timer;
  }

  #wait(delay: number): number {
    return waitOf(toDelay(delay), this.#skew);
  }
}

/** Those of the core: what waits in it is not at rest. */
export function coreClock(timeline: Timeline, skew: Skew | null = null): {
  now(): number;
  setTimeout(callback: () => void, delay: number): VirtualTimer;
  clearTimeout(timer: unknown): void;
  setImmediate(callback: () => void): VirtualTimer;
} {
  const start = (callback: () => void, delay: number): VirtualTimer => {
    const wait = waitOf(delay, skew);
    const timer = new VirtualTimer(timeline, asyncResource().bind(callback), wait, false, true);
    timeline.add(timer, timeline.now + wait);
    return timer;
  };
  return {
    now: () => (skew ?? timeline).now / PER_MILLISECOND,
    setTimeout: (callback, delay) => start(callback, toDelay(delay)),
    clearTimeout: (timer) => timer instanceof VirtualTimer && timeline.remove(timer),
    setImmediate: (callback) => start(callback, 0),
  };
}

/** How long it takes until a clock has gone on by so much. */
function waitOf(time: number, skew: Skew | null): number {
  return skew === null ? time : skew.wait(time);
}

/** As Node reads it: a millisecond at least; what is no number, or too large, is one. Fractions count here. */
function toDelay(delay: number): number {
  const ms = Number(delay);
  return ms >= 1 && ms <= 0x7fff_ffff ? Math.round(ms * PER_MILLISECOND) : PER_MILLISECOND;
}
