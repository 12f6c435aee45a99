const LONGEST_DELAY = 0x7fff_ffff;

/**
 * Keeps the process alive for a socket that can't: a socket of Deno 2.9.5's node:dgram that was referenced when it
 * began to receive keeps the process alive for ever, so that none is.
 */
export class KeepAlive {
  #timer: ReturnType<typeof setInterval> | undefined;

  ref(): void {
    this.#timer ??= setInterval(() => {}, LONGEST_DELAY);
  }

  unref(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** Keeps the process alive for a socket whose runtime does so only while it receives. */
export class KeepAliveWhilePaused {
  readonly #keepAlive = new KeepAlive();
  #referenced = true;
  #paused = false;

  setReferenced(referenced: boolean): void {
    this.#referenced = referenced;
    this.#update();
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
    this.#update();
  }

  #update(): void {
    if (this.#referenced && this.#paused) this.#keepAlive.ref();
    else this.#keepAlive.unref();
  }
}
