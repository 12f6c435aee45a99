import { timeouts } from "../common/timers.ts";
import { OneImmediate } from "../../core/one_immediate.ts";

/** When, after a send to a connected peer, its ICMP error is looked for: ms. The first look is in the same turn. */
const LOOKS = [1, 10, 100, 1000];

/** Looks for the ICMP errors of a connected peer, which wait on the socket: Deno 2.9.5 is not woken by them. */
export class PendingErrors {
  readonly #ask: () => number | undefined;
  readonly #tell: (errno: number) => void;
  #looks = 0;
  readonly #immediate = new OneImmediate(() => this.#look());
  #timer: ReturnType<typeof timeouts.setTimeout> | undefined;

  /** @param ask answers 0, an errno, or undefined where nothing is to be looked for any more */
  constructor(ask: () => number | undefined, tell: (errno: number) => void) {
    this.#ask = ask;
    this.#tell = tell;
  }

  /** To be called after each send. */
  look(): void {
    this.#looks = 0;
    this.#immediate.start();
  }

  /** Looks no more. */
  end(): void {
    this.#immediate.stop();
    timeouts.clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    // An immediate that is still to come looks by itself.
    this.end();
    const errno = this.#ask();
    if (errno !== undefined && this.#looks < LOOKS.length) {
      this.#timer = timeouts.setTimeout(this.#look, LOOKS[this.#looks++]);
      this.#timer.unref();
    }
    if (errno! < 0) this.#tell(errno!);
  };
}
