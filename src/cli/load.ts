/** Round trips as fast as they come, with a bounded number of datagrams under way. */
import { Ending } from "./ending.ts";
import { failureOf } from "./failure.ts";
import { Histogram } from "./histogram.ts";
import { Probes } from "./probe.ts";
import type { Socket } from "./sockets.ts";

const SWEEP = 20;

/** How much, and how. Times are in milliseconds. */
export interface LoadOptions {
  readonly target: string;
  readonly count: number | undefined;
  readonly duration: number | undefined;
  readonly size: number;
  readonly inFlight: number;
  readonly timeout: number;
}

/** What came of it. */
export interface LoadResult {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  readonly seconds: number;
  readonly times: Histogram;
}

/** A run on a connected socket. */
export class Load {
  readonly #socket: Socket;
  readonly #options: LoadOptions;
  readonly #probes: Probes;
  readonly #times: Histogram = new Histogram();
  /** When each datagram under way left; the oldest comes first. */
  readonly #underWay: Map<number, number> = new Map();
  #sent = 0;
  #lost = 0;
  #started = 0;
  #ending!: Ending;

  constructor(socket: Socket, options: LoadOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#probes = new Probes(options.size);
  }

  /** How far it has come; `share` is the part of the whole, 0 to 1. */
  progress(): { sent: number; answered: number; lost: number; perSecond: number; share: number } {
    const { count, duration } = this.#options;
    const elapsed = Math.max(performance.now() - this.#started, 1e-3);
    const parts = [
      count === undefined ? 0 : (this.#times.count + this.#lost) / count,
      duration === undefined ? 0 : elapsed / duration,
    ];
    return {
      sent: this.#sent,
      answered: this.#times.count,
      lost: this.#lost,
      perSecond: 1000 * this.#times.count / elapsed,
      share: Math.min(1, Math.max(...parts)),
    };
  }

  /** Runs it to its end, or to the interrupt. */
  async run(signal: AbortSignal): Promise<LoadResult> {
    this.#started = performance.now();
    this.#ending = new Ending(signal);
    const sweep = setInterval(() => this.#sweep(), Math.min(SWEEP, this.#options.timeout));
    this.#socket.on("message", this.#onMessage);
    this.#socket.on("error", this.#fail);
    try {
      this.#fill();
      await this.#ending.promise;
    } finally {
      clearInterval(sweep);
      this.#ending.reach();
      this.#socket.removeListener("message", this.#onMessage);
    }
    const seconds = (performance.now() - this.#started) / 1000;
    const answered = this.#times.count;
    // What an interrupt left under way is neither answered nor lost.
    return { sent: this.#sent, answered, lost: this.#lost, seconds, times: this.#times };
  }

  readonly #fail = (error: Error): void => this.#ending.fail(failureOf(error, this.#options.target));

  readonly #sendDone = (error: Error | null): void => {
    if (error) this.#fail(error);
  };

  readonly #onMessage = (data: Parameters<Probes["read"]>[0]): void => {
    const sequence = this.#probes.read(data);
    const left = sequence === undefined ? undefined : this.#underWay.get(sequence);
    if (left === undefined) return;
    this.#underWay.delete(sequence!);
    this.#times.record(performance.now() - left);
    this.#fill();
  };

  #isOver(now: number): boolean {
    const { count, duration } = this.#options;
    return (count !== undefined && this.#sent >= count) ||
      (duration !== undefined && now - this.#started >= duration);
  }

  #fill(): void {
    for (let now = performance.now(); this.#underWay.size < this.#options.inFlight; now = performance.now()) {
      if (this.#isOver(now)) {
        if (this.#underWay.size === 0) this.#ending.reach();
        return;
      }
      this.#underWay.set(this.#sent, now);
      this.#socket.send(this.#probes.make(this.#sent++), this.#sendDone);
    }
  }

  #sweep(): void {
    const oldest = performance.now() - this.#options.timeout;
    for (const [sequence, left] of this.#underWay) {
      if (left > oldest) break;
      this.#underWay.delete(sequence);
      this.#lost++;
    }
    this.#fill();
  }
}
