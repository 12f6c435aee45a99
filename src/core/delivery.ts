import type { Buffer } from "node:buffer";
import type { Datagram, Host, RemoteInfo } from "./backend.ts";
import { systemCallError } from "./errors.ts";
import type { Outgoing } from "./outgoing.ts";
import type { State } from "./state.ts";

/** Hands what a handle tells to the socket's listeners, as long as the socket runs. */
export class Delivery implements Host {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  message(data: Buffer, from: RemoteInfo): void {
    const state = this.#state;
    if (state.closed) return;
    const blocked = state.settings.receiveBlockList;
    if (blocked !== undefined && blocked.check(from.address, from.family === "IPv4" ? "ipv4" : "ipv6")) return;
    state.socket.emit("message", data, from);
  }

  sent(datagram: Datagram, error: number): void {
    this.#state.outbox.sent(datagram as Outgoing, error);
  }

  drained(): void {
    this.#state.outbox.drained();
  }

  receiveError(errno: number, syscall: string): void {
    if (!this.#state.closed) this.#state.socket.emit("error", systemCallError(errno, syscall));
  }
}
