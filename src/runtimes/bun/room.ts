import { timeouts } from "../common/timers.ts";

/** What can keep the process alive. */
export interface Referenced {
  ref(): void;
  unref(): void;
}

/** Whether Bun's socket has room, and whether it keeps the process alive: one that has none does, as on Node. */
export class BunRoom {
  readonly #tell: () => void;
  #socket!: Referenced;
  #referenced = true;
  #full = false;
  #timer: ReturnType<typeof timeouts.setTimeout> | undefined;

  /** @param tell called when there is room again */
  constructor(tell: () => void) {
    this.#tell = tell;
  }

  /** True from `wait()` until there is room. */
  get full(): boolean {
    return this.#full;
  }

  /** Whose room it is; another one after a pause, or where libc receives. */
  set socket(socket: Referenced) {
    this.#socket = socket;
    if (!this.#referenced) socket.unref();
  }

  ref(): void {
    this.#referenced = true;
    this.#socket.ref();
  }

  unref(): void {
    this.#referenced = false;
    if (!this.#full) this.#socket.unref();
  }

  /** Answers 0. */
  wait(): number {
    this.#full = true;
    if (!this.#referenced) this.#socket.ref();
    return 0;
  }

  /** Where no event tells: one timer, however many find that there is no room. */
  lookSoon(): void {
    this.#timer ??= timeouts.setTimeout(() => this.#found(), 1);
  }

  /** Bun also calls it once after the socket was opened, and after a short batch. */
  drained(): void {
    if (this.#full && this.#timer === undefined) this.#found();
  }

  end(): void {
    this.#full = false;
    timeouts.clearTimeout(this.#timer);
  }

  #found(): void {
    this.#timer = undefined;
    this.#full = false;
    if (!this.#referenced) this.#socket.unref();
    this.#tell();
  }
}
