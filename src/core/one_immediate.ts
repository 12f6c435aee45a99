import { builtin } from "./builtins.ts";

/**
 * One immediate at most, however often it is started. It is not cleared but comes in vain: Node 26.12.1 runs for ever where
 * a tick between two immediates clears the second and another tick throws.
 */
export class OneImmediate {
  readonly #run: () => void;
  #isDue = false;
  #isWanted = false;

  constructor(run: () => void) {
    this.#run = run;
  }

  /** Has it run in this turn. */
  start(): void {
    this.#isWanted = true;
    if (!this.#isDue) builtin("timers").setImmediate(this.#come);
    this.#isDue = true;
  }

  /** Has it not run. */
  stop(): void {
    this.#isWanted = false;
  }

  readonly #come = (): void => {
    this.#isDue = false;
    if (this.#isWanted) this.#run();
  };
}
