import type { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import type { RemoteInfo } from "../core/backend.ts";
import { GuardedHost } from "./guard.ts";
import { afterThisMessage, PATIENCE } from "../core/turns.ts";

/** So seldom the clock is read. */
const GLANCE = 32;
/** Bytes, with what a message costs besides: what more comes is lost, as it would be in a kernel's full buffer. */
const MOST_HELD = 8 * 1024 * 1024;
const MESSAGE_COST = 512;

/**
 * A host for a runtime that reads a socket until it is empty, as Bun 1.4.5 does: where a flood does not let that
 * happen, messages are held until the next turn of the event loop, so that timers and other sockets have theirs.
 */
export class FairHost extends GuardedHost {
  /** Messages until the clock is read; none while messages are held. */
  #left = GLANCE;
  /** When the messages of this turn began to be many, or 0. */
  #began = 0;
  #held: { readonly data: Buffer; readonly from: RemoteInfo }[] = [];
  #head = 0;
  #size = 0;

  override message(data: Buffer, from: RemoteInfo): void {
    if (--this.#left > 0) super.message(data, from);
    else this.#messageOrHold(data, from);
  }

  #messageOrHold(data: Buffer, from: RemoteInfo): void {
    if (this.#held.length === 0 && this.#mayGoOn()) {
      this.#left = GLANCE;
      super.message(data, from);
    } else if (this.#size < MOST_HELD) {
      this.#size += data.length + MESSAGE_COST;
      this.#held.push({ data, from });
    }
  }

  #mayGoOn(): boolean {
    const now = performance.now();
    if (this.#began !== 0) return now - this.#began <= PATIENCE;
    this.#began = now;
    setImmediate(this.#turn);
    return true;
  }

  #turn = (): void => {
    this.#began = 0;
    if (this.#held.length === 0) return;
    this.#began = performance.now();
    this.#deliverNext();
  };

  #deliverNext = (): void => {
    const { data, from } = this.#held[this.#head++];
    const done = this.#head === this.#held.length;
    if (done) {
      this.#held = [];
      this.#head = this.#size = this.#began = 0;
      this.#left = GLANCE;
    } else if (performance.now() - this.#began <= PATIENCE) {
      this.#deliverSoon();
    } else {
      setImmediate(this.#turn);
    }
    super.message(data, from);
  };

  readonly #deliverSoon = afterThisMessage(this.#deliverNext);
}
