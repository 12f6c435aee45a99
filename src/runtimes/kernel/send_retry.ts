import { OneTimer } from "../common/one_timer.ts";

/** Datagrams of one batch. */
const BATCH = 64;
/** ms */
const LONGEST = 32;
/** Bytes of the send buffer that a datagram takes beside its own, at the least. Seen on Linux 6.18. */
const OVERHEAD = 768;

/**
 * When to try again what the kernel had no room for, where nobody tells that it has. The delay doubles, up to 32 ms,
 * while less than an eighth of the send buffer leaves each time, and is halved when half of it does: a slow link costs few
 * tries then, and no link runs dry that lets go as much as it did. libuv waits for half of a buffer.
 */
export class SendRetry {
  readonly #bufferSize: () => number;
  readonly #timer: OneTimer;
  #delay = 1;
  #most = BATCH;
  /** What has left in this try, as the send buffer counts it: bytes. */
  #left = 0;
  #trying = false;

  /** @param bufferSize of the kernel for what is sent: bytes, or an errno */
  constructor(run: () => void, bufferSize: () => number) {
    this.#bufferSize = bufferSize;
    this.#timer = new OneTimer(() => this.#try(run));
  }

  /** How many are worth offering: to prepare many of which most are refused is most of what a try costs. */
  get most(): number {
    return this.#most;
  }

  /** It is to be told what the kernel takes. */
  get trying(): boolean {
    return this.#trying;
  }

  /** The kernel has taken so many, of so many bytes in all. */
  took(count: number, bytes: number): void {
    this.#most = Math.min(BATCH, 2 * this.#most);
    this.#left += count * OVERHEAD + bytes;
  }

  /** The kernel has taken nothing. What waits keeps the process alive, as on Node, though the socket may not. */
  refused(): void {
    if (this.#trying) {
      const part = this.#left / this.#bufferSize();
      if (part < 1 / 8) this.#delay = Math.min(LONGEST, 2 * this.#delay);
      else if (part >= 1 / 2) this.#delay = Math.max(1, this.#delay / 2);
    }
    this.#most = 1;
    this.#timer.start(true, this.#delay);
  }

  stop(): void {
    this.#timer.stop();
  }

  #try(run: () => void): void {
    this.#left = 0;
    this.#trying = true;
    try {
      run();
    } finally {
      this.#trying = false;
      if (this.#timer.idle) {
        this.#delay = 1;
        this.#most = BATCH;
      }
    }
  }
}
