import { builtin } from "../core/builtins.ts";
import type { Timeline } from "./timeline.ts";

/** Tells when nothing has woken a run for a while. What a program waits for elsewhere is not known here. */
export class Stillness {
  readonly #timeline: Timeline;
  readonly #patience: number;
  readonly #setTimeout: typeof setTimeout;
  readonly #clearTimeout: typeof clearTimeout;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param patience how long what comes from elsewhere may take, in milliseconds of real time */
  constructor(timeline: Timeline, patience: number, tell: () => void) {
    this.#timeline = timeline;
    this.#patience = patience;
    // The program may put others in their place.
    ({ setTimeout: this.#setTimeout, clearTimeout: this.#clearTimeout } = builtin("timers"));
    timeline.onAsleep = () => this.#watch(tell);
  }

  stop(): void {
    this.#timeline.onAsleep = undefined;
    this.#forget();
  }

  #watch(tell: () => void): void {
    this.#forget();
    const setTimeout = this.#setTimeout;
    this.#timer = setTimeout(() => {
      if (this.#timeline.asleep) tell();
    }, this.#patience);
  }

  #forget(): void {
    const clearTimeout = this.#clearTimeout;
    clearTimeout(this.#timer);
  }
}
