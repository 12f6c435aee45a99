import type { State } from "./state.ts";

/** How often is looked, and after how many looks at an unchanged queue it is given up: a second, of a process that runs. */
const LOOK = 100;
const LOOKS = 10;

/**
 * What a closed socket still has to send is given up when it is found not to leave. The kernel may never have room for
 * it: not for an IPv6 datagram of two fragments where the send buffer is smaller than one, on Linux.
 */
export class StuckSends {
  readonly #state: State;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #left: number;
  #looks = 0;

  constructor(state: State) {
    this.#state = state;
    this.#left = state.outbox.left;
    this.#wait();
  }

  forget(): void {
    clearTimeout(this.#timer);
  }

  #look = (): void => {
    const { handle, outbox } = this.#state;
    const waits = outbox.count + (handle?.queueCount ?? 0) > 0;
    this.#looks = waits && outbox.left === this.#left ? this.#looks + 1 : 0;
    this.#left = outbox.left;
    if (this.#looks < LOOKS) this.#wait();
    else outbox.cancel();
  };

  /** A look-up that is never answered is no reason for the process to stay. */
  #wait(): void {
    this.#timer = setTimeout(this.#look, LOOK);
    this.#timer.unref();
  }
}
