import type { Datagram, Host, MessageBuffer, RemoteInfo } from "./backend.ts";
import { isListed } from "./block_list.ts";
import { closedBelow } from "./close.ts";
import { systemCallError } from "./errors.ts";
import { throwLater } from "./process.ts";
import type { Outgoing } from "./outgoing.ts";
import { receivedMessage } from "./received_message.ts";
import type { State } from "./state.ts";
import type { ReceivedMessage } from "./types.ts";

/** The core's side of a new handle. */
export function deliveryTo(state: State): Delivery {
  return state.settings.batchMessages ? new BatchDelivery(state) : new Delivery(state);
}

/** Hands what a handle tells to the socket's listeners, as long as the socket runs. */
class Delivery implements Host {
  protected readonly state: State;

  constructor(state: State) {
    this.state = state;
  }

  message(data: MessageBuffer, from: RemoteInfo): unknown {
    const { state } = this;
    state.observer?.arrived(data, from);
    if (!isWanted(state, data, from)) return false;
    if (state.held) state.held.list.push({ data, from });
    else this.tell(data, from);
  }

  sent(datagram: Datagram, error: number): void {
    this.state.outbox.sent(datagram as Outgoing, error);
  }

  drained(): void {
    this.state.outbox.drained();
  }

  receiveError(errno: number, syscall: string): void {
    const { closed, socket } = this.state;
    if (!closed) socket.emit("error", systemCallError(errno, syscall));
  }

  closed(): void {
    closedBelow(this.state);
  }

  tell(data: MessageBuffer, from: RemoteInfo): void {
    this.state.socket.emit("message", data, from);
  }
}

/** Hands over what one drain received as one array. */
class BatchDelivery extends Delivery {
  #batch: ReceivedMessage[] | null = null;

  messages(data: readonly MessageBuffer[], from: readonly RemoteInfo[], count: number): void {
    const batch: ReceivedMessage[] = this.#batch = [];
    for (let i = 0; i < count; i++) {
      try {
        this.message(data[i], from[i]);
      } catch (error) {
        // What a list of the user's throws must not take the others with it.
        throwLater(error);
      }
    }
    this.#batch = null;
    if (batch.length > 0) this.state.socket.emit("messages", batch);
  }

  override tell(data: MessageBuffer, from: RemoteInfo): void {
    const message = receivedMessage(data, from);
    if (this.#batch) this.#batch.push(message);
    else this.state.socket.emit("messages", [message]);
  }
}

/**
 * Nothing once the socket is closed; not what is blocked, nor what came before the socket was connected, which still waits in
 * the kernel then; nor what a list of the user's throws at.
 */
export function isWanted({ closed, observer, peer, settings }: State, data: MessageBuffer, from: RemoteInfo): boolean {
  const { address, family, port } = from;
  let refusal: unknown = true;
  try {
    refusal = closed || (peer && (port !== peer.port || address !== peer.address)) ||
      isListed(settings.receiveBlockList, address, family === "IPv4" ? 4 : 6);
    return !refusal;
  } finally {
    if (refusal) observer?.missed(data.length, from);
  }
}
