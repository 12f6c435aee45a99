import { isInert, type OutgoingMessage, readMessage } from "./outgoing_message.ts";
import type { Settings } from "./settings.ts";

/** A chunk that was written: what it was in the call of `write()`, or why it can't be sent. */
interface Written {
  readonly chunk: unknown;
  /** Null for one that is still to be read. */
  readonly message: OutgoingMessage | null;
  readonly error: { readonly thrown: unknown } | null;
  next: Written | null;
}

/**
 * What the chunks that wait in the stream were when they were written. The stream may have refused some of them after
 * it has asked their size: it gives those that it has accepted to its sink, in this order.
 */
export class WrittenChunks {
  readonly #mode: Settings["mode"];
  #first: Written | null = null;
  #last: Written | null = null;

  constructor(mode: Settings["mode"]) {
    this.#mode = mode;
  }

  /**
   * Takes a chunk in the call of `write()`, where code of the user's must not run: it could release the writer's lock,
   * and the stream would refuse this very chunk. What can't be read without is read when its turn has come.
   */
  add(chunk: unknown): void {
    const written = this.#read(chunk);
    if (this.#last === null) this.#first = written;
    else this.#last.next = written;
    this.#last = written;
  }

  /** What the accepted chunk said; throws what is wrong with it. */
  take(chunk: unknown): OutgoingMessage {
    let written = this.#first;
    while (written !== null && !Object.is(written.chunk, chunk)) written = written.next;
    this.#first = written?.next ?? null;
    if (this.#first === null) this.#last = null;
    if (written?.error) throw written.error.thrown;
    return written?.message ?? readMessage(chunk, this.#mode);
  }

  clear(): void {
    this.#first = null;
    this.#last = null;
  }

  #read(chunk: unknown): Written {
    const nothing = { chunk, message: null, error: null, next: null };
    if (!isInert(chunk)) return nothing;
    try {
      return { ...nothing, message: readMessage(chunk, this.#mode) };
    } catch (error) {
      return { ...nothing, error: { thrown: error } };
    }
  }
}
