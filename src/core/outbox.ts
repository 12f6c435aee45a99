import { nextTick } from "./process.ts";
import type { Handle } from "./backend.ts";
import { getErrno } from "./errors.ts";
import type { Ending, Outgoing } from "./outgoing.ts";
import type { SendBudget } from "./send_budget.ts";

/** Datagrams that are handed to the kernel in one go. */
const BATCH = 64;

/**
 * Datagrams accepted and not yet handed to the kernel. They leave in the order of their acceptance: those of one turn
 * together, at its end or at 64 of them; those the kernel had no room for when it says that it has.
 */
export class Outbox {
  #handle: Handle | null = null;
  readonly #connected: () => boolean;
  readonly #onDrain: () => void;
  readonly #budget: SendBudget | null;
  #items: Outgoing[] = [];
  #head = 0;
  #scheduled = false;
  /** Ticks to come that were to flush, even if others did in the meantime. */
  #ticks = 0;
  #full = false;
  #inFlight = 0;
  #held = 0;
  #left = 0;
  #canceled = false;
  #onIdle: (() => void) | null = null;

  /** @param onDrain called when what had waited for room has all left */
  constructor(connected: () => boolean, onDrain: () => void, budget: SendBudget | null) {
    this.#connected = connected;
    this.#onDrain = onDrain;
    this.#budget = budget;
  }

  open(handle: Handle): void {
    this.#handle = handle;
    this.#full = false;
  }

  /** True when nothing that was accepted still waits: for a look-up, for room, or for its end. */
  get idle(): boolean {
    return this.#head === this.#items.length && this.#inFlight === 0 && this.#held === 0;
  }

  /** True when, moreover, no callback of this turn is to come a tick later than those of what leaves in its call. */
  get calledBack(): boolean {
    return this.idle && this.#ticks === 0;
  }

  /** Datagrams that left or ended, up to now. */
  get left(): number {
    return this.#left;
  }

  /** Datagrams the kernel had no room for. */
  get count(): number {
    return this.#full ? this.#items.length - this.#head : 0;
  }

  /** Their bytes. */
  get size(): number {
    let size = 0;
    if (this.#full) { for (let i = this.#head; i < this.#items.length; i++) size += this.#items[i].size; }
    return size;
  }

  /** Counts a datagram that waits for its look-up. */
  hold(): void {
    this.#held++;
  }

  release(): void {
    this.#held--;
    this.#tellIfIdle();
  }

  /** True if one more may wait. Those that only wait for the end of the turn leave first. */
  admit(outgoing: Outgoing): boolean {
    if (this.#budget === null || this.#budget.admit(outgoing)) return true;
    if (this.#full || this.#handle === null) return false;
    this.flush();
    return this.#budget.admit(outgoing);
  }

  /** A datagram that was admitted will never be pushed. */
  giveUp(outgoing: Outgoing): void {
    this.#budget?.leave(outgoing);
  }

  /** Takes a datagram that leaves at the end of this turn. */
  push(outgoing: Outgoing): void {
    this.#items.push(outgoing);
    if (this.#full || this.#scheduled) {
      if (!this.#full && this.#items.length - this.#head >= BATCH) this.flush();
    } else {
      this.#scheduled = true;
      this.#ticks++;
      nextTick(flushOutbox, this);
    }
  }

  /** Takes a datagram that leaves before this call returns, unless others wait. */
  pushNow(outgoing: Outgoing): void {
    const handle = this.#handle;
    // Nothing waits, as a rule: it need not be put into the queue then. What may have to be cut is cut there.
    const isAlone = handle !== null && !this.#full && this.#head === this.#items.length && outgoing.segmentSize === 0;
    if (isAlone && this.#refusalOf(outgoing) === 0) {
      this.#sendAlone(handle, outgoing);
      return;
    }
    this.#items.push(outgoing);
    if (!this.#full) this.flush();
  }

  #sendAlone(handle: Handle, outgoing: Outgoing): void {
    outgoing.join();
    const accepted = handle.send(outgoing);
    if (accepted === 0) {
      this.#full = true;
      this.#items.push(outgoing);
      return;
    }
    this.#budget?.leave(outgoing);
    if (accepted < 0) outgoing.end(accepted);
    else if (handle.deferred) this.#inFlight++;
    else outgoing.end(0);
    this.#tellIfIdle();
  }

  /** The end of a datagram that a deferred handle had accepted. */
  sent(outgoing: Outgoing, result: number): void {
    this.#inFlight--;
    this.#left++;
    try {
      outgoing.end(result, true);
    } finally {
      this.drained();
    }
  }

  /** Has what waits for room, and what is still to come, end with ECANCELED: after what the handle holds. */
  cancel(): void {
    this.#canceled = true;
    this.#handle?.cancel?.();
    if (this.#inFlight === 0) this.drained();
  }

  /** The handle is gone: what waits ends with ECANCELED. */
  abandon(): void {
    this.#canceled = true;
    this.#inFlight = 0;
    for (; this.#head < this.#items.length; this.#leave(1)) this.#items[this.#head].end(getErrno("ECANCELED"));
    this.#handle = null;
    this.#forgetLeft();
    this.#tellIfIdle();
  }

  /** The kernel has room again. */
  drained(): void {
    if (this.#full) {
      this.#full = false;
      this.flush();
      if (!this.#full) this.#onDrain();
    }
    this.#tellIfIdle();
  }

  /** Gives what waits for a peer that is about to be disconnected its address, so that it still arrives there. */
  addressTo(address: string, port: number): void {
    for (let i = this.#head; i < this.#items.length; i++) {
      const outgoing = this.#items[i];
      if (outgoing.toPeer && outgoing.address === null) outgoing.redirect(address, port);
    }
  }

  /** Calls back, once, when nothing waits any more; at once if nothing does. */
  whenIdle(done: () => void): void {
    if (this.#handle !== null) this.flush();
    this.#onIdle = done;
    this.#tellIfIdle();
  }

  flushInTick(): void {
    this.#ticks--;
    this.flush();
  }

  flush(): void {
    const handle = this.#handle;
    const items = this.#items;
    this.#scheduled = false;
    while (this.#head < items.length && !this.#full && handle !== null) {
      const first = items[this.#head];
      const refusal = this.#refusalOf(first);
      if (refusal !== 0) {
        // Its callback must not come before those of the datagrams that left before.
        if (handle.deferred && handle.queueCount > 0) {
          this.#full = true;
          break;
        }
        this.#leave(1);
        first.end(refusal);
        continue;
      }
      const from = this.#head;
      // A deferred handle has no batches.
      const to = this.#endOfRun(from, handle.deferred ? 1 : BATCH);
      const accepted = to - from === 1 ? handle.send(first) : handle.sendBatch(items, from, to);
      if (accepted === 0) {
        this.#full = true;
      } else if (refusesToCut(first, accepted)) {
        this.#cutFirst();
      } else if (accepted < 0) {
        this.#leave(1);
        first.end(accepted);
      } else {
        this.#leave(accepted);
        if (handle.deferred) this.#inFlight += accepted;
        else for (let i = from; i < this.#head; i++) items[i].end(0);
      }
    }
    this.#forgetLeft();
    this.#tellIfIdle();
  }

  #cutFirst(): void {
    const parts = this.#items[this.#head].cut();
    this.#items.splice(this.#head, 1, ...parts);
    this.#budget?.split(parts.length);
  }

  #leave(count: number): void {
    this.#left += count;
    const to = this.#head + count;
    if (this.#budget !== null) { for (let i = this.#head; i < to; i++) this.#budget.leave(this.#items[i]); }
    this.#head = to;
  }

  #endOfRun(from: number, limit: number): number {
    const items = this.#items;
    const last = Math.min(items.length, from + limit);
    items[from].join();
    let to = from + 1;
    while (to < last && this.#refusalOf(items[to]) === 0) {
      items[to].join();
      to++;
    }
    return to;
  }

  #refusalOf(outgoing: Outgoing): Ending {
    if (this.#canceled) return getErrno("ECANCELED");
    if (outgoing.refusal !== 0) return outgoing.refusal;
    // The kernel would redirect it past the peer; libuv refuses it, so Node does.
    return !outgoing.toPeer && this.#connected() ? getErrno("EISCONN") : 0;
  }

  #forgetLeft(): void {
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
  }

  #tellIfIdle(): void {
    if (this.#onIdle === null || !this.idle) return;
    const done = this.#onIdle;
    this.#onIdle = null;
    done();
  }
}

/**
 * A segment that is too long for the way: EINVAL on IPv4, EMSGSIZE on IPv6. Or an interface that can't do it: EIO.
 * Seen on Linux 6.18.
 */
function refusesToCut(outgoing: Outgoing, result: number): boolean {
  return outgoing.segmentSize > 0 && ["EINVAL", "EMSGSIZE", "EIO"].some((code) => result === getErrno(code));
}

function flushOutbox(outbox: Outbox): void {
  outbox.flushInTick();
}
