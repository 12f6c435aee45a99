import { clearImmediate, setImmediate } from "node:timers";

/** When, after a send to a connected peer, its ICMP error is looked for: ms. The first look is in the same turn. */
const LOOKS = [1, 10, 100, 1000];

/** Looks for the ICMP errors of a connected peer, which wait on the socket: Deno 2.9.5 is not woken by them. */
export class PendingErrors {
  readonly #ask: () => number | undefined;
  readonly #tell: (errno: number) => void;
  #looks = 0;
  #looking = false;
  #immediate: ReturnType<typeof setImmediate> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ask answers 0, an errno, or undefined where nothing is to be looked for any more */
  constructor(ask: () => number | undefined, tell: (errno: number) => void) {
    this.#ask = ask;
    this.#tell = tell;
  }

  /** To be called after each send. */
  look(): void {
    this.#looks = 0;
    if (this.#looking) return;
    this.#looking = true;
    this.#immediate = setImmediate(this.#look);
  }

  /** Looks no more. */
  end(): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    const errno = this.#ask();
    if (errno === undefined || this.#looks === LOOKS.length) {
      this.#looking = false;
    } else {
      this.#timer = setTimeout(this.#look, LOOKS[this.#looks++]);
      this.#timer.unref();
    }
    if (errno !== undefined && errno < 0) this.#tell(errno);
  };
}
