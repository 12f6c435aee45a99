import { builtin } from "./builtins.ts";

/** How often is looked, and how many looks may find something that waits: a second, of a process that runs. */
const LOOK = 100;
const LOOKS = 10;

/**
 * How long a closed socket waits for look-ups and for room in the kernel, in all. A name server may be dead, a link slow,
 * and the kernel may never have room: not for an IPv6 datagram of two fragments where the send buffer is smaller than
 * one, on Linux. What a runtime merely sends one by one is not counted: some of it leaves in every turn.
 */
export class ClosePatience {
  readonly #left: () => number;
  readonly #end: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looks = 0;

  /** @param left how many datagrams have ended, up to now. @param end called once it has waited too long */
  constructor(left: () => number, end: () => void) {
    this.#left = left;
    this.#end = end;
    this.#wait();
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    const left = this.#left();
    const { setImmediate } = builtin("timers");
    setImmediate(() => setImmediate(() => this.#judge(left)));
  };

  #judge(left: number): void {
    if (this.#timer === undefined) return;
    if (this.#left() === left) this.#looks++;
    if (this.#looks < LOOKS) this.#wait();
    else this.#end();
  }

  /** What waits is no reason for the process to stay; the open socket may be one. */
  #wait(): void {
    this.#timer = setTimeout(this.#look, LOOK);
    this.#timer.unref();
  }
}
