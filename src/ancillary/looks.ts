import { setImmediate } from "node:timers";

/** ms */
const LONGEST = 2000;

/**
 * Looks in this turn, and then later and later, for what nobody tells of. It keeps no process alive. No immediate is
 * cleared: Node 26.12.1 runs for ever where that happens in a tick after which another one throws.
 */
export class Looks {
  readonly #look: () => void;
  #delay = 0;
  #isWanted = false;
  #isDue = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(look: () => void) {
    this.#look = look;
  }

  /** To be called after each send. */
  begin(): void {
    this.#delay = 1;
    this.#isWanted = true;
    if (!this.#isDue) setImmediate(this.#nextInTurn);
    this.#isDue = true;
  }

  end(): void {
    this.#isWanted = false;
    clearTimeout(this.#timer);
  }

  readonly #nextInTurn = (): void => {
    this.#isDue = false;
    this.#next();
  };

  readonly #next = (): void => {
    clearTimeout(this.#timer);
    if (!this.#isWanted) return;
    if (this.#delay <= LONGEST) {
      this.#timer = setTimeout(this.#next, this.#delay);
      this.#timer.unref();
    }
    this.#delay *= 2;
    this.#look();
  };
}
