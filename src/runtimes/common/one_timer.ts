import { timeouts } from "./timers.ts";

/** One timer at most, however often it is started: what is to be tried again soon is one thing. */
export class OneTimer {
  readonly #run: () => void;
  #timer: ReturnType<typeof timeouts.setTimeout> | undefined;

  constructor(run: () => void) {
    this.#run = run;
  }

  /** Nothing is under way. */
  get idle(): boolean {
    return this.#timer === undefined;
  }

  /** Has it run after so many ms, if that is not under way; `alive` says whether the process is to live until then. */
  start(alive: boolean, delay = 1): void {
    if (this.#timer !== undefined) return;
    this.#timer = timeouts.setTimeout(this.#fire, delay);
    if (!alive) this.#timer.unref();
  }

  /** Has it not run; true if that was under way. */
  stop(): boolean {
    const underWay = this.#timer !== undefined;
    timeouts.clearTimeout(this.#timer);
    this.#timer = undefined;
    return underWay;
  }

  readonly #fire = (): void => {
    this.#timer = undefined;
    this.#run();
  };
}
