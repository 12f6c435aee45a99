import { type OutgoingMessage, readMessage } from "./outgoing_message.ts";
import type { Settings } from "./settings.ts";

/** A chunk that the stream has accepted: what it was in the call of `write()`, or why it can't be written. */
interface Accepted {
  readonly message: OutgoingMessage | null;
  readonly error: unknown;
  next: Accepted | null;
}

/** The chunks that the stream has accepted and that are not taken yet, in order. */
export class AcceptedChunks {
  readonly #mode: Settings["mode"];
  #first: Accepted | null = null;
  #last: Accepted | null = null;

  constructor(mode: Settings["mode"]) {
    this.#mode = mode;
  }

  /** The next one. */
  get first(): Accepted | null {
    return this.#first;
  }

  add(chunk: unknown): void {
    const accepted = this.#read(chunk);
    if (this.#last === null) this.#first = accepted;
    else this.#last.next = accepted;
    this.#last = accepted;
  }

  take(): Accepted {
    const accepted = this.#first!;
    this.#first = accepted.next;
    if (this.#first === null) this.#last = null;
    return accepted;
  }

  clear(): void {
    this.#first = null;
    this.#last = null;
  }

  #read(chunk: unknown): Accepted {
    try {
      return { message: readMessage(chunk, this.#mode), error: undefined, next: null };
    } catch (error) {
      return { message: null, error, next: null };
    }
  }
}
