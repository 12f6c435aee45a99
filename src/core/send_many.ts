import { bindImplicitly } from "./bind.ts";
import { getErrno, invalidArgType } from "./errors.ts";
import { type Ending, Outgoing } from "./outgoing.ts";
import { accept } from "./send.ts";
import { readMessage } from "./send_arguments.ts";
import { kState, type State, type StatefulSocket } from "./state.ts";
import type { OutgoingMessage, SendManyError } from "./types.ts";

/** Sends a batch; the core's other parts see single datagrams. */
export function sendMany(this: StatefulSocket, messages: readonly OutgoingMessage[]): Promise<number> {
  return new Promise((done, fail) => {
    const state = this[kState];
    if (!Array.isArray(messages)) throw invalidArgType("messages", "an instance of Array", messages);
    const batch = new Batch(messages.length, done, fail);
    const toPeer = state.connection === "connected";
    const outgoing = messages.map((message, index) => {
      try {
        return new BatchItem(readMessage(message, toPeer), batch, index);
      } catch (error) {
        throw Object.assign(error as Error, { index });
      }
    });
    state.checkNotClosing();
    if (outgoing.length === 0) done(0);
    if (outgoing.length > 0 && state.binding === "unbound") bindImplicitly(state);
    for (const item of outgoing) {
      // A look-up of the user's that answers at once can have failed it by now.
      if (isUnbound(state)) item.abandon();
      else accept(state, item, true);
    }
  });
}

function isUnbound(state: State): boolean {
  return state.binding === "unbound";
}

/** What one sendMany waits for. */
class Batch {
  readonly #done: (count: number) => void;
  readonly #fail: (error: SendManyError) => void;
  readonly #total: number;
  #left: number;
  #sent = 0;
  #failure: SendManyError | null = null;

  constructor(total: number, done: (count: number) => void, fail: (error: SendManyError) => void) {
    this.#total = total;
    this.#left = total;
    this.#done = done;
    this.#fail = fail;
  }

  ended(index: number, error: Error | null): void {
    if (error === null) this.#sent++;
    else if (this.#failure === null || index < this.#failure.index) {
      this.#failure = Object.assign(error, { index, sent: 0 });
    }
    if (--this.#left > 0) return;
    if (this.#failure === null) this.#done(this.#total);
    else this.#fail(Object.assign(this.#failure, { sent: this.#sent }));
  }
}

class BatchItem extends Outgoing {
  readonly #batch: Batch;
  readonly #index: number;

  constructor(read: Outgoing, batch: Batch, index: number) {
    super(read.parts ?? read.data, read.hostname, read.port, undefined, read.toPeer);
    this.#batch = batch;
    this.#index = index;
  }

  override get watched(): boolean {
    return true;
  }

  override watch(): void {}

  /** A promise has to settle: 'error' says why the bind failed, and this that there is no socket to send from. */
  override abandon(): void {
    this.#batch.ended(this.#index, this.failure(getErrno("EBADF")));
  }

  override end(result: Ending): void {
    this.#batch.ended(this.#index, result === 0 ? null : this.failure(result));
  }
}
