import type { Backend } from "../core/backend.ts";
import { asyncResource } from "../core/builtins.ts";
import { backendHere } from "../core/runtime_backend.ts";
import { validateFunction } from "../core/validate.ts";
import { callSite, withEntry } from "./call_site.ts";
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
  /** What the program has it call; for one of the core, the name of its host. */
  readonly #origin: { readonly name: string } | string;
  readonly #backend: Backend | undefined = backendHere();
  /** Where it was set, if its network keeps a trace. */
  readonly #site: (() => string | undefined) | null;

  constructor(
    timeline: Timeline,
    callback: () => void,
    delay: number,
    repeats: boolean,
    origin: { readonly name: string } | string,
    site: (() => string | undefined) | null = null,
  ) {
    super();
    this.#timeline = timeline;
    this.#callback = callback;
    this.#delay = delay;
    this.#repeats = repeats;
    this.#origin = origin;
    this.#site = site;
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
    const what = this.#repeats ? "an interval" : "a timer";
    const at = `at ${showTime(this.time)} s`;
    if (typeof this.#origin === "string") return `${what} of a socket of ${this.#origin} ${at}`;
    const { name } = this.#origin;
    const host = this.#backend && this.#timeline.hostOf(this.#backend);
    const place = this.#site?.();
    const whose = `${name && ` for ${name}`}${host === undefined ? "" : ` of ${host}`}`;
    return `${what}${whose} ${at}${place === undefined ? "" : `, set at ${place}`}`;
  }

  /** Has those who wait for rest wait for it, as they do from the start. */
  ref(): this {
    this.#timeline.setPending(this, true);
    return this;
  }

  /** Has those who wait for rest wait for it no longer. */
  unref(): this {
    // A socket that closes is not at rest.
    if (typeof this.#origin !== "string") this.#timeline.setPending(this, false);
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

  // JavaScriptCore keeps no frame of what ends with a call, and a timer's site is looked for above these three.
  readonly setTimeout = <Values extends unknown[]>(
    callback: (...values: Values) => void,
    delay = 1,
    ...values: Values
  ): VirtualTimer => {
    const timer = this.#make(callback, this.#wait(delay), false, values, this.setTimeout);
    timer.refresh();
    return timer;
  };

  readonly setInterval = <Values extends unknown[]>(
    callback: (...values: Values) => void,
    delay = 1,
    ...values: Values
  ): VirtualTimer => {
    const timer = this.#make(callback, this.#wait(delay), true, values, this.setInterval);
    timer.refresh();
    return timer;
  };

  readonly setImmediate = <Values extends unknown[]>(
    callback: (...values: Values) => void,
    ...values: Values
  ): VirtualTimer => {
    const timer = this.#make(callback, 0, false, values, this.setImmediate);
    timer.refresh();
    return timer;
  };

  readonly sleep = (delay: number): Promise<void> =>
    withEntry(this.sleep, () => new Promise((done) => this.setTimeout(done, delay)));

  readonly clearTimeout = (timer: NetworkTimer | undefined | null): void => {
    if (timer instanceof VirtualTimer) this.#timeline.remove(timer);
  };

  readonly clearInterval: NetworkClock["clearTimeout"] = this.clearTimeout;

  readonly clearImmediate: NetworkClock["clearTimeout"] = this.clearTimeout;

  #make<Values extends unknown[]>(
    callback: (...values: Values) => void,
    delay: number,
    repeats: boolean,
    values: Values,
    called: (...values: never[]) => unknown,
  ): VirtualTimer {
    validateFunction(callback, "callback");
    const timeline = this.#timeline;
    const site = timeline.remembersSites ? callSite(called) : null;
    const bound = asyncResource().bind(() => callback(...values));
    return new VirtualTimer(timeline, bound, delay, repeats, callback, site);
  }

  #wait(delay: number): number {
    return waitOf(toDelay(delay), this.#skew);
  }
}

/** That of the core on a host: what waits in it is not at rest. */
export class CoreClock {
  readonly #timeline: Timeline;
  readonly #host: string;
  readonly #skew: Skew;

  constructor(timeline: Timeline, host: string, skew: Skew) {
    this.#timeline = timeline;
    this.#host = host;
    this.#skew = skew;
  }

  now(): number {
    return this.#skew.now / PER_MILLISECOND;
  }

  setTimeout(callback: () => void, delay: number): VirtualTimer {
    return this.#start(callback, toDelay(delay));
  }

  clearTimeout(timer: unknown): void {
    if (timer instanceof VirtualTimer) this.#timeline.remove(timer);
  }

  setImmediate(callback: () => void): VirtualTimer {
    return this.#start(callback, 0);
  }

  #start(callback: () => void, delay: number): VirtualTimer {
    const timeline = this.#timeline;
    const wait = waitOf(delay, this.#skew);
    const timer = new VirtualTimer(timeline, asyncResource().bind(callback), wait, false, this.#host);
    timeline.add(timer, timeline.now + wait);
    return timer;
  }
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
