import type { Datagram, Host, MessageBuffer, RemoteInfo } from "../core/backend.ts";
import { isWanted } from "../core/delivery.ts";
import type { State } from "../core/state.ts";
import type { Counts } from "./counts.ts";

/** Who counts what arrives. */
export interface Arrivals {
  readonly counts: Counts;
  readonly state: State;
  /** True while what arrives waits for `resume()`. */
  readonly isHolding: boolean;
  arrived(data: MessageBuffer, from: RemoteInfo): void;
  /** Somebody else closes its handle. */
  closedBelow(): void;
  /** The core did not want it. */
  unwanted(size: number, from: RemoteInfo): void;
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
    const tap = this.#tap;
    tap.arrived(data, from);
    const isHeld = tap.isHolding;
    const answer = this.#below.message(data, from);
    if (answer === false) tap.unwanted(data.length, from);
    else if (isHeld) tap.counts.held++;
    return answer;
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
    const tap = this.#tap;
    const isHeld = tap.isHolding;
    for (let i = 0; i < count; i++) {
      tap.arrived(data[i], from[i]);
      if (!isWanted(tap.state, from[i])) tap.unwanted(data[i].length, from[i]);
      else if (isHeld) tap.counts.held++;
    }
    this.#below.messages!(data, from, count);
  }
}
