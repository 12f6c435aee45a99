import { setImmediate } from "../common/timers.ts";
import type { Host, MessageBuffer, RemoteInfo } from "../../core/backend.ts";
import { GuardedHost } from "../common/guard.ts";
import { MANY, type SawMany } from "../kernel/runs.ts";
import { afterThisMessage, PATIENCE } from "../../core/turns.ts";

/** So seldom the clock is read. */
const GLANCE = 32;
/** Linux keeps a datagram in a power of two, with its headers (seen on 6.18 for up to 4 KiB), and a record of its own. */
const HEADERS = 400;
const RECORD = 256;

/**
 * A host for a runtime that reads a socket until it is empty, as Bun 1.4.5 does: where a flood does not let that
 * happen, messages are held until the next turn of the event loop, so that timers and other sockets have theirs. No
 * more of them than the kernel would have room for: what else comes is lost, as it would be there, and what a slow
 * listener hears is no older than what it would hear from a runtime that reads when the listener is ready.
 */
export class FairHost extends GuardedHost {
  /** Messages that were more than there is room for. */
  lost = 0;
  readonly #receiveBufferSize: () => number;
  readonly #sawMany: SawMany | null;
  /** Messages until the clock is read; none while messages are held. */
  #left = GLANCE;
  /** When the messages of this turn began to be many, or 0. */
  #began = 0;
  #held: { readonly data: MessageBuffer; readonly from: RemoteInfo }[] = [];
  #head = 0;
  #size = 0;
  /** How much may be held, once something is. */
  #most = 0;

  /** @param receiveBufferSize the kernel's, in bytes; asked in each turn in which messages are held */
  constructor(host: Host, receiveBufferSize: () => number, sawMany: SawMany | null) {
    super(host);
    this.#receiveBufferSize = receiveBufferSize;
    this.#sawMany = sawMany;
  }

  /** None is held. */
  get idle(): boolean {
    return this.#held.length === 0;
  }

  override message(data: MessageBuffer, from: RemoteInfo): void {
    if (--this.#left > 0 || (this.idle && this.#mayGoOn(from))) super.message(data, from);
    else this.#hold(data, from);
  }

  #hold(data: MessageBuffer, from: RemoteInfo): void {
    if (this.#size === 0) this.#most = this.#receiveBufferSize();
    // As in the kernel: the last one may be too much.
    if (this.#size > this.#most) {
      this.lost++;
      return;
    }
    this.#size += costOf(data);
    this.#held.push({ data, from });
  }

  #mayGoOn(from: RemoteInfo): boolean {
    const now = performance.now();
    if (this.#began === 0) {
      this.#began = now;
      setImmediate(this.#turn, from);
    } else {
      if (now - this.#began > PATIENCE) return false;
      this.#sawMany?.(from);
    }
    this.#left = GLANCE;
    return true;
  }

  /** @param from the one that the clock was read for, if it was the first in this turn */
  #turn = (from?: RemoteInfo): void => {
    this.#began = 0;
    if (this.idle) {
      // The next ones may be seen in the middle.
      if (this.#left > GLANCE - MANY) this.#left = GLANCE / 2;
      else this.#sawMany?.(from!);
      return;
    }
    this.#began = performance.now();
    this.#most = this.#receiveBufferSize();
    this.#deliverNext();
  };

  #deliverNext = (): void => {
    const { data, from } = this.#takeNext();
    if (this.idle) {
      this.#began = 0;
      this.#left = GLANCE;
    } else if (performance.now() - this.#began <= PATIENCE) {
      this.#deliverSoon();
    } else {
      setImmediate(this.#turn);
    }
    super.message(data, from);
  };

  #takeNext(): { readonly data: MessageBuffer; readonly from: RemoteInfo } {
    const next = this.#held[this.#head++];
    this.#size -= costOf(next.data);
    // As long as more comes than is taken it never gets empty.
    if (2 * this.#head >= this.#held.length) {
      this.#held.splice(0, this.#head);
      this.#head = 0;
    }
    return next;
  }

  readonly #deliverSoon = afterThisMessage(this.#deliverNext);
}

function costOf({ length }: MessageBuffer): number {
  return RECORD + 2 ** Math.ceil(Math.log2(length + HEADERS));
}
