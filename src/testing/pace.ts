import { PER_MILLISECOND } from "./duration.ts";
import { clearTimeout, now, setTimeout } from "./real_timers.ts";

/** Has virtual time go on no faster than so many times real time. Times are tenths of a microsecond, but for the real ones. */
export class Pace {
  /** Virtual ones in a millisecond of real time. */
  readonly #rate: number;
  readonly #began: { readonly virtual: number; readonly real: number };
  readonly #goOn: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(speed: number, virtual: number, goOn: () => void) {
    this.#rate = speed * PER_MILLISECOND;
    this.#began = { virtual, real: now() };
    this.#goOn = goOn;
  }

  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  /** True if it is too early for this time; then it goes on by itself. */
  mustWait(virtual: number): boolean {
    if (virtual === Infinity) return false;
    const wait = this.#began.real + (virtual - this.#began.virtual) / this.#rate - now();
    // What a timer can't do exactly is caught up with at the next time.
    if (wait < 1) return false;
    this.#timer = setTimeout(this.#goOn, Math.min(wait, 0x7fff_ffff));
    return true;
  }

  /** The time that it is now: after the last one, and at most the next at which something happens. */
  stopWaiting(last: number, next: number): number {
    if (this.#timer === undefined) return last;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const virtual = Math.round(this.#began.virtual + (now() - this.#began.real) * this.#rate);
    return Math.max(last, Math.min(virtual, next));
  }
}
