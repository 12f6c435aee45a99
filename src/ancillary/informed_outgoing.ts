import type { DatagramInfo } from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import { type Ending, Outgoing } from "../core/outgoing.ts";
import type { ReadMessage } from "../core/send_arguments.ts";
import { observerOf, type State } from "../core/state.ts";
import { standBefore } from "./descriptor.ts";
import { unavailable } from "./support.ts";

/** A datagram of which the kernel is told something, from its call to its end. */
export class InformedOutgoing extends Outgoing {
  readonly sendInfo: DatagramInfo;
  readonly #state: State;
  readonly #done: (error: Error | null) => void;

  constructor(read: ReadMessage, info: DatagramInfo, state: State, done: (error: Error | null) => void) {
    super(read.data, read.hostname, read.port, undefined, read.toPeer);
    this.sendInfo = info;
    this.#state = state;
    this.#done = done;
    // None but the descriptor itself can send it.
    this.segmentSize = -1;
  }

  override get watched(): boolean {
    return true;
  }

  override watch(): void {}

  /** It is about to be handed over, by a handle that may not have been there at the call. */
  override prepare(): void {
    super.prepare();
    const { handle, settings, socket } = this.#state;
    if (handle === null || standBefore(handle, settings.family, observerOf(socket))) return;
    this.refusal = unavailable(this.#state);
    this.forget();
  }

  /** A promise has to settle: 'error' says why the bind failed, and this that there is no socket to send from. */
  override abandon(): void {
    this.#done(this.failure(getErrno("EBADF")));
  }

  override end(result: Ending): void {
    this.#done(result === 0 ? null : this.failure(result));
  }
}
