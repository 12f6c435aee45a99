/** One timer at most, however often it is started: what is to be tried again soon is one thing. */
export class OneTimer {
  readonly #run: () => void;
  readonly #delay: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param delay ms */
  constructor(run: () => void, delay = 1) {
    this.#run = run;
    this.#delay = delay;
  }

  /** Has it run later, if that is not under way; `alive` says whether the process is to live until then. */
  start(alive: boolean): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(this.#fire, this.#delay);
    if (!alive) this.#timer.unref();
  }

  /** Has it not run; true if that was under way. */
  stop(): boolean {
    const underWay = this.#timer !== undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return underWay;
  }

  readonly #fire = (): void => {
    this.#timer = undefined;
    this.#run();
  };
}
