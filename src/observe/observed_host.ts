import type { Datagram, Host, MessageBuffer, RemoteInfo } from "../core/backend.ts";
import type { Counts } from "./counts.ts";

/** Who counts what arrives. */
export interface Arrivals {
  readonly counts: Counts;
  arrived(data: MessageBuffer, from: RemoteInfo): void;
  /** Somebody else closes its handle. */
  closedBelow(): void;
}

/** What a handle tells, on its way to the core. */
export class ObservedHost implements Host {
  readonly messages: Host["messages"];
  readonly #below: Host;
  readonly #tap: Arrivals;

  constructor(below: Host, tap: Arrivals) {
    this.#below = below;
    this.#tap = tap;
    this.messages = below.messages && ((data, from, count) => this.#together(data, from, count));
  }

  message(data: MessageBuffer, from: RemoteInfo): unknown {
    this.#tap.arrived(data, from);
    return this.#below.message(data, from);
  }

  sent(datagram: Datagram, error: number): void {
    this.#below.sent(datagram, error);
  }

  drained(): void {
    this.#below.drained();
  }

  receiveError(errno: number, syscall: string): void {
    this.#tap.counts.failedToReceive(errno);
    this.#below.receiveError(errno, syscall);
  }

  closed(): void {
    this.#tap.closedBelow();
    this.#below.closed();
  }

  #together(data: readonly MessageBuffer[], from: readonly RemoteInfo[], count: number): void {
    for (let i = 0; i < count; i++) this.#tap.arrived(data[i], from[i]);
    this.#below.messages!(data, from, count);
  }
}
