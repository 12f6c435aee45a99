import { clearInterval, setInterval } from "./timers.ts";

/**
 * Keeps the process alive for a socket that can't: a socket of Deno 2.9.5's node:dgram that was referenced when it
 * began to receive keeps the process alive for ever, so that none is.
 */
export class KeepAlive {
  #timer: ReturnType<typeof setInterval> | undefined;

  ref(): void {
    this.#timer ??= setInterval(() => {}, 1e9);
  }

  unref(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** Keeps the process alive for a socket whose runtime does so only while it receives. */
export class KeepAliveWhilePaused extends KeepAlive {
  #referenced = true;
  #paused = false;

  override ref(): void {
    this.#referenced = true;
    this.setPaused(this.#paused);
  }

  override unref(): void {
    this.#referenced = false;
    super.unref();
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
    if (paused && this.#referenced) super.ref();
    else super.unref();
  }
}
