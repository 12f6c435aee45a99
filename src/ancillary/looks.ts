import { clearImmediate, setImmediate } from "node:timers";

/** ms */
const LONGEST = 2000;

/** Looks in this turn, and then later and later, for what nobody tells of. It keeps no process alive. */
export class Looks {
  readonly #look: () => void;
  #delay = 0;
  #immediate: ReturnType<typeof setImmediate> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(look: () => void) {
    this.#look = look;
  }

  /** To be called after each send. */
  begin(): void {
    this.#delay = 1;
    this.#immediate ??= setImmediate(this.#next);
  }

  end(): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#immediate = undefined;
  }

  readonly #next = (): void => {
    this.end();
    if (this.#delay <= LONGEST) {
      this.#timer = setTimeout(this.#next, this.#delay);
      this.#timer.unref();
    }
    this.#delay *= 2;
    this.#look();
  };
}
