import { clearTimeout, setTimeout } from "node:timers";
import { OneImmediate } from "../core/one_immediate.ts";

/** ms */
const LONGEST = 2000;

/** Looks in this turn, and then later and later, for what nobody tells of. It keeps no process alive. */
export class Looks {
  readonly #look: () => void;
  #delay = 0;
  readonly #immediate = new OneImmediate(() => this.#next());
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(look: () => void) {
    this.#look = look;
  }

  /** To be called after each send. */
  begin(): void {
    this.#delay = 1;
    this.#immediate.start();
  }

  end(): void {
    this.#immediate.stop();
    clearTimeout(this.#timer);
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
