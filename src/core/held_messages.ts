import type { MessageBuffer, RemoteInfo } from "./backend.ts";
import { nextTick } from "./process.ts";
import { receivedMessage } from "./received_message.ts";
import type { Held, State } from "./state.ts";
import { afterThisMessage } from "./turns.ts";

/**
 * What a runtime had read already when its socket was paused. It is told, in order, once the socket is resumed, and
 * the kernel is read again only when that is done.
 */
export class HeldMessages implements Held {
  readonly #state: State;
  #messages: { readonly data: MessageBuffer; readonly from: RemoteInfo }[] = [];
  #next = 0;
  #releasing = false;

  constructor(state: State) {
    this.#state = state;
  }

  add(data: MessageBuffer, from: RemoteInfo): void {
    this.#messages.push({ data, from });
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
    if (this.#next === this.#messages.length) {
      state.held = null;
      state.handle?.resume?.();
      return;
    }
    this.#tellSoon();
    if (state.settings.batchMessages) {
      const batch = this.#messages.map(({ data, from }) => receivedMessage(data, from));
      this.#messages = [];
      state.socket.emit("messages", batch);
    } else {
      const { data, from } = this.#messages[this.#next++];
      state.socket.emit("message", data, from);
    }
  };

  readonly #tellSoon = afterThisMessage(this.#tell);
}
