import { deliveryTo, isWanted } from "./delivery.ts";
import { nextTick } from "./process.ts";
import type { Held, HeldMessage, State } from "./state.ts";
import { afterThisMessage } from "./turns.ts";

/**
 * What a runtime had read already when its socket was paused. It is told, in order, once the socket is resumed, and
 * the kernel is read again only when that is done.
 */
export class HeldMessages implements Held {
  readonly list: HeldMessage[] = [];
  readonly #state: State;
  #releasing = false;

  constructor(state: State) {
    this.#state = state;
  }

  release(): void {
    if (this.#releasing) return;
    this.#releasing = true;
    this.#state.context.runInAsyncScope(nextTick, undefined, this.#tell);
  }

  readonly #tell = (): void => {
    const state = this.#state;
    this.#releasing = !state.closed && !state.paused;
    if (!this.#releasing) return;
    if (this.list.length === 0) {
      state.held = null;
      state.handle?.resume?.();
      return;
    }
    this.#tellSoon();
    const { data, from } = this.list.shift()!;
    // It may be connected to another by now.
    if (isWanted(state, data, from)) deliveryTo(state).tell(data, from);
  };

  readonly #tellSoon = afterThisMessage(this.#tell);
}
