import { clearTimeout, setTimeout } from "./real_timers.ts";
import type { Timeline } from "./timeline.ts";

/** Tells when nothing has woken a run for a while. What a program waits for elsewhere is not known here. */
export class Stillness {
  readonly #timeline: Timeline;
  readonly #patience: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param patience how long what comes from elsewhere may take, in milliseconds of real time */
  constructor(timeline: Timeline, patience: number, tell: () => void) {
    this.#timeline = timeline;
    this.#patience = patience;
    timeline.onAsleep = () => this.#watch(tell);
  }

  stop(): void {
    this.#timeline.onAsleep = undefined;
    clearTimeout(this.#timer);
  }

  #watch(tell: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#timeline.asleep) tell();
    }, this.#patience);
  }
}
