import type { Inbox, Reader } from "./inbox.ts";
import { onAbort } from "./on_abort.ts";
import type { Datagrams, IncomingDatagram } from "./types.ts";

type Result = IteratorResult<IncomingDatagram, undefined>;

/**
 * One iteration over an inbox. It is its own reader, and a datagram that waits costs it no promise but the one that an
 * asynchronous iteration has to answer.
 */
export class DatagramIterator implements Datagrams, Reader {
  readonly #inbox: Inbox;
  readonly #signal: AbortSignal | undefined;
  #pending: Promise<Result> | null = null;
  #resolve!: (result: Result) => void;
  #reject!: (error: unknown) => void;
  #finished = false;
  /** Only while it waits: one that nobody goes on with must not stay on the signal. */
  #stop: (() => void) | undefined;

  constructor(inbox: Inbox, signal: AbortSignal | undefined) {
    this.#inbox = inbox;
    this.#signal = signal;
  }

  next(): Promise<Result> {
    if (this.#finished) return Promise.resolve(DONE);
    if (this.#pending !== null) {
      const again = (): Promise<Result> => this.next();
      return this.#pending.then(again, again);
    }
    try {
      if (this.#signal?.aborted) throw this.#signal.reason;
      const value = this.#inbox.take();
      if (value !== undefined) return Promise.resolve({ value, done: false });
    } catch (error) {
      this.#finish();
      return Promise.reject(error);
    }
    const pending = new Promise<Result>(this.#keep);
    this.#pending = pending;
    if (this.#signal !== undefined) this.#stop = onAbort(this.#signal, this.#abort);
    this.#inbox.wait(this);
    return pending;
  }

  return(): Promise<Result> {
    if (this.#pending !== null) {
      this.#inbox.leave(this);
      this.end();
    }
    this.#finish();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  give(value: IncomingDatagram): void {
    this.#pending = null;
    this.#stop?.();
    this.#resolve({ value, done: false });
  }

  end(): void {
    this.#finish();
    this.#resolve(DONE);
  }

  fail(error: unknown): void {
    this.#finish();
    this.#reject(error);
  }

  #finish(): void {
    this.#finished = true;
    this.#pending = null;
    this.#stop?.();
  }

  readonly #abort = (): void => {
    this.#inbox.leave(this);
    this.fail(this.#signal!.reason);
  };

  /** Made once an iteration, not once a datagram. */
  readonly #keep = (resolve: (result: Result) => void, reject: (error: unknown) => void): void => {
    this.#resolve = resolve;
    this.#reject = reject;
  };
}

const DONE: Result = Object.freeze({ value: undefined, done: true });
