/** How many sockets keep the process alive by the timer. */
let holders = 0;
let timer: ReturnType<typeof setInterval> | undefined;

const LONGEST_DELAY = 0x7fff_ffff;

/**
 * Keeps the process alive for a socket that can't: a socket of Deno 2.9.5's node:dgram that was referenced when it
 * began to receive keeps the process alive for ever, so that none is.
 */
export class KeepAlive {
  #holds = false;

  ref(): void {
    if (this.#holds) return;
    this.#holds = true;
    if (holders++ === 0) timer = setInterval(() => {}, LONGEST_DELAY);
  }

  unref(): void {
    if (!this.#holds) return;
    this.#holds = false;
    if (--holders === 0) clearInterval(timer);
  }
}
