import { clearImmediate, setImmediate } from "node:timers";

/** When, after a send to a connected peer, its ICMP error is looked for: ms. The first look is in the same turn. */
const LOOKS = [1, 10, 100, 1000];

/** Looks for the ICMP errors of a connected peer, which wait on the socket: Deno 2.9.5 is not woken by them. */
export class PendingErrors {
  readonly #ask: () => number | undefined;
  readonly #tell: (errno: number) => void;
  #looks = 0;
  #immediate: ReturnType<typeof setImmediate> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Of the timer, or 0 without one. */
  #delay = 0;

  /** @param ask answers 0, an errno, or undefined where nothing is to be looked for any more */
  constructor(ask: () => number | undefined, tell: (errno: number) => void) {
    this.#ask = ask;
    this.#tell = tell;
  }

  /** To be called after each send. */
  look(): void {
    this.#looks = 0;
    this.#immediate ??= setImmediate(this.#lookInTurn);
  }

  /** Looks no more. */
  end(): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
  }

  readonly #lookInTurn = (): void => {
    this.#immediate = undefined;
    // The shortest is left to itself: there may be a send in each turn.
    if (this.#delay > LOOKS[0]) {
      clearTimeout(this.#timer);
      this.#delay = 0;
    }
    this.#look();
  };

  readonly #lookInTime = (): void => {
    this.#delay = 0;
    this.#look();
  };

  #look(): void {
    const errno = this.#ask();
    if (errno !== undefined && this.#delay === 0 && this.#looks < LOOKS.length) {
      this.#delay = LOOKS[this.#looks++];
      this.#timer = setTimeout(this.#lookInTime, this.#delay);
      this.#timer.unref();
    }
    if (errno !== undefined && errno < 0) this.#tell(errno);
  }
}
