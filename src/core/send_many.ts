import { bindImplicitly } from "./bind.ts";
import { byteLengthOf, joinBytes, totalLengthOf } from "./bytes.ts";
import { getErrno, invalidArgType } from "./errors.ts";
import { supportOf } from "./features.ts";
import { type Ending, Outgoing } from "./outgoing.ts";
import { segmentsOf } from "./segments.ts";
import { accept } from "./send.ts";
import { type ReadMessage, readMessage } from "./send_arguments.ts";
import { checkNotClosing, kState, type State, type StatefulSocket } from "./state.ts";
import type { OutgoingMessage, SendManyError } from "./types.ts";

/** Sends a batch; the core's other parts see single datagrams, and rows of them that the kernel cuts. */
export function sendMany(this: StatefulSocket, messages: readonly OutgoingMessage[]): Promise<number> {
  return new Promise((done, fail) => {
    const state = this[kState];
    if (!Array.isArray(messages)) throw invalidArgType("messages", "an instance of Array", messages);
    const batch = new Batch(messages.length, done, fail);
    const items = readItems(state, messages, batch);
    checkNotClosing(state);
    if (items.length === 0) return done(0);
    if (state.binding === "unbound") bindImplicitly(state);
    for (const item of items) accept(state, item, true);
  });
}

function readItems(state: State, messages: readonly unknown[], batch: Batch): BatchItem[] {
  const items: BatchItem[] = [];
  const read = { toPeer: state.peer !== null } as ReadMessage;
  for (let index = 0; index < messages.length; index++) {
    try {
      readMessage(messages[index], read);
      if (read.segmentSize > 0) addRows(items, read, batch, index, state);
      else items.push(new BatchItem(read.data, read, batch, index));
    } catch (error) {
      throw placed(error, { index });
    }
  }
  batch.left = items.length;
  return items;
}

function addRows(items: BatchItem[], read: ReadMessage, batch: Batch, index: number, state: State): void {
  const { data, segmentSize } = read;
  // The kernel cuts at least 64 datagrams at once (UDP_MAX_SEGMENTS), and no more than one may hold.
  const most = supportOf(state, "sendOffload") === "native" ? Math.min(64, Math.floor(65_507 / segmentSize)) : 1;
  const bytes = Array.isArray(data) ? joinBytes(data, totalLengthOf(data)) : data;
  for (const row of segmentsOf(bytes, segmentSize * most)) {
    const item = new BatchItem(row, read, batch, index);
    if (byteLengthOf(row) > segmentSize) item.segmentSize = segmentSize;
    items.push(item);
  }
}

/** An error with its place in a batch, if it takes one: what a program threw or answered may be frozen. */
export function placed(error: unknown, place: Partial<SendManyError>): SendManyError {
  try {
    return Object.assign(error as SendManyError, place);
  } catch {
    return error as SendManyError;
  }
}

/** What one sendMany waits for. */
export class Batch {
  readonly #done: (count: number) => void;
  readonly #fail: (error: SendManyError) => void;
  readonly #total: number;
  /** Items that have not ended. */
  left = 0;
  #failure: Error | undefined;
  #first = Infinity;
  readonly #failed: Set<number> = new Set();

  /** @param total messages, of which each may be several items */
  constructor(total: number, done: (count: number) => void, fail: (error: SendManyError) => void) {
    this.#total = total;
    this.#done = done;
    this.#fail = fail;
  }

  ended(index: number, error: Error | null): void {
    if (error) {
      this.#failed.add(index);
      if (index < this.#first) {
        this.#first = index;
        this.#failure = error;
      }
    }
    if (--this.left > 0) return;
    if (!this.#failure) this.#done(this.#total);
    else this.#fail(placed(this.#failure, { index: this.#first, sent: this.#total - this.#failed.size }));
  }
}

type Destination = Pick<Outgoing, "hostname" | "port" | "toPeer">;

class BatchItem extends Outgoing {
  readonly #batch: Batch;
  readonly #index: number;

  constructor(data: Uint8Array | Uint8Array[], to: Destination, batch: Batch, index: number) {
    super(data, to.hostname, to.port, undefined, to.toPeer);
    this.#batch = batch;
    this.#index = index;
  }

  override get watched(): boolean {
    return true;
  }

  override watch(): void {}

  override cut(): Outgoing[] {
    const items = segmentsOf(this.data, this.segmentSize).map((segment) => {
      const item = new BatchItem(segment, this, this.#batch, this.#index);
      item.address = this.address;
      item.settled = this.settled;
      return item;
    });
    this.#batch.left += items.length - 1;
    return items;
  }

  /** A promise has to settle: 'error' says why the bind failed, and this that there is no socket to send from. */
  override abandon(): void {
    this.#batch.ended(this.#index, this.failure(getErrno("EBADF")));
  }

  override end(result: Ending): void {
    this.#batch.ended(this.#index, result ? this.failure(result) : null);
  }
}
