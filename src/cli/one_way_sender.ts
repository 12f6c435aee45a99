/** Sends numbered datagrams at a rate, and asks the receiver what came of them. */
import type { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import { Ending } from "./ending.ts";
import { failureOf } from "./failure.ts";
import { OneWayRun, readOneWay } from "./one_way_message.ts";
import type { Socket } from "./sockets.ts";
import type { StreamFigures } from "./stream_counts.ts";

/** How many may be on their way to the kernel. */
const MOST_WAITING = 32;
/** How far behind, in milliseconds, what was missed is made up for. What is behind further is not sent: the rate is less. */
const MOST_BEHIND = 100;
const ASK_AGAIN = 250;
/** Each has a number of 32 bits. */
const MOST_NUMBERED = 2 ** 32;

/** How much, and how. Times are in milliseconds. */
export interface OneWayOptions {
  readonly target: string;
  /** Datagrams a second. */
  readonly rate: number;
  readonly count: number | undefined;
  readonly duration: number | undefined;
  readonly size: number;
  /** How many may leave in one turn: very many would show how many a receiver's buffer holds, and not what the path does. */
  readonly atOnce: number;
  /** How long the report is waited for. */
  readonly timeout: number;
}

/** What came of it. */
export interface OneWayResult {
  readonly sent: number;
  readonly seconds: number;
  /** The receiver's; undefined if there was no answer. */
  readonly figures: StreamFigures | undefined;
}

/** A run on a connected socket. */
export class OneWaySender {
  readonly #socket: Socket;
  readonly #options: OneWayOptions;
  readonly #run: OneWayRun = new OneWayRun();
  #ending!: Ending;
  #over = false;
  #started = 0;
  /** Where the schedule begins; later than the start if it had to be moved. */
  #origin = 0;
  #sent = 0;
  #waiting = 0;
  #figures: StreamFigures | undefined;

  constructor(socket: Socket, options: OneWayOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** How far it has come; `share` is the part of the whole, 0 to 1. */
  progress(): { sent: number; perSecond: number; share: number } {
    const { count, duration } = this.#options;
    const elapsed = Math.max(performance.now() - this.#started, 1e-3);
    const parts = [count === undefined ? 0 : this.#sent / count, duration === undefined ? 0 : elapsed / duration];
    return { sent: this.#sent, perSecond: 1000 * this.#sent / elapsed, share: Math.min(1, Math.max(...parts)) };
  }

  /** Runs it to its end, or to the interrupt: what was sent until then is asked for all the same. */
  async run(signal: AbortSignal): Promise<OneWayResult> {
    this.#started = this.#origin = performance.now();
    this.#socket.on("message", this.#onMessage);
    this.#socket.on("error", this.#fail);
    this.#ending = new Ending(signal);
    try {
      this.#step();
      await this.#ending.promise;
      const seconds = (performance.now() - this.#started) / 1000;
      this.#over = true;
      await this.#ask();
      return { sent: this.#sent, seconds, figures: this.#figures };
    } finally {
      this.#over = true;
      this.#ending.reach();
      this.#socket.removeListener("message", this.#onMessage);
    }
  }

  readonly #fail = (error: Error): void => this.#ending.fail(failureOf(error, this.#options.target));

  readonly #sendDone = (error: Error | null): void => {
    this.#waiting--;
    if (error) this.#fail(error);
  };

  readonly #onMessage = (data: Buffer): void => {
    const message = readOneWay(data);
    if (message?.kind !== "report" || message.id !== this.#run.id) return;
    this.#figures = message.figures;
    this.#ending.reach();
  };

  readonly #step = (): void => {
    if (this.#over) return;
    const { rate, count = MOST_NUMBERED, duration = Infinity, size, atOnce } = this.#options;
    const now = performance.now();
    const due = (): number => this.#origin + 1000 * this.#sent / rate;
    const isAll = (): boolean => this.#sent >= count || now - this.#started >= duration;
    const isTime = (): boolean => due() <= now && this.#waiting < MOST_WAITING;
    if (now - due() > MOST_BEHIND) this.#origin += now - due() - MOST_BEHIND;
    for (let left = atOnce; left > 0 && isTime() && !isAll(); left--) {
      this.#waiting++;
      this.#socket.send(this.#run.data(this.#sent++, size, performance.now()), this.#sendDone);
    }
    if (isAll()) this.#ending.reach();
    else if (isTime()) setImmediate(this.#step);
    // Its end may come before the next one is due.
    else setTimeout(this.#step, Math.min(100, Math.max(1, due() - now)));
  };

  /** Says how many there were until the report comes, or the time is over. */
  async #ask(): Promise<void> {
    // An interrupt has ended the sending; another ends the process.
    this.#ending = new Ending(new AbortController().signal, this.#options.timeout);
    const ask = (): void => this.#socket.send(this.#run.end(this.#sent), (error) => error && this.#fail(error));
    const timer = setInterval(ask, ASK_AGAIN);
    try {
      ask();
      await this.#ending.promise;
    } finally {
      clearInterval(timer);
    }
  }
}
