/** What a command waits for: that it has seen enough, a failure, the end of its time, or an interrupt. */
export class Ending {
  /** Settles once; nothing is left behind then. */
  readonly promise: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  readonly #signal: AbortSignal;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param milliseconds how long to wait at most; without it, for ever */
  constructor(signal: AbortSignal, milliseconds?: number) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A failure may come before anybody waits.
    this.promise.catch(() => {});
    this.#signal = signal;
    signal.addEventListener("abort", this.reach);
    if (milliseconds !== undefined) this.#timer = setTimeout(this.reach, milliseconds);
    if (signal.aborted) this.reach();
  }

  readonly reach = (): void => {
    this.#clear();
    this.#resolve();
  };

  readonly fail = (error: unknown): void => {
    this.#clear();
    this.#reject(error);
  };

  #clear(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.reach);
  }
}

/** Waits, or until the interrupt. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Ending(signal, milliseconds).promise;
}
