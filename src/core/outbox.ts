import { nextTick } from "./process.ts";
import type { AddressInfo, Handle } from "./backend.ts";
import { blockedBy, type Sending } from "./block_list.ts";
import { getErrno } from "./errors.ts";
import { handOver, ready, refusesToCut } from "./hand_over.ts";
import type { Observer } from "./observer.ts";
import type { Ending, Outgoing } from "./outgoing.ts";
import type { SendBudget } from "./send_budget.ts";

/** Datagrams that are handed to the kernel in one go. */
const BATCH = 64;

/** The last of the groups of all sockets; none is 0 or 1. */
let lastGroup = 1;

/** The socket: connected as long as it has a peer. */
interface Owner extends Sending {
  readonly peer: unknown;
  readonly observer?: Observer;
}

/**
 * Datagrams accepted and not yet handed to the kernel. They leave in the order of their acceptance: those of one turn
 * together, as far as no other socket sends in between, at its end or at 64 of them; those the kernel had no room for
 * when it says that it has. Whatever goes wrong with one of them ends that one: nothing is thrown here but what a
 * callback throws.
 */
export class Outbox {
  // What each datagram needs comes first: with very many sockets, it is read from memory anew.
  #handle: Handle | null = null;
  readonly #owner: Owner;
  readonly #budget: SendBudget | null;
  /** The send block list is asked, which calls whatever it likes. */
  #asking = false;
  #items: Outgoing[] = [];
  #head = 0;
  /** Those before this one are settled. */
  #unsettled = 0;
  /** The last that waits for its tick, or 0. */
  #group = 0;
  /** The first was refused, and has to wait for the ends of those before it. */
  #stalled = false;
  #full = false;
  #canceled = false;
  /** Ticks to come that were to flush, even if others did in the meantime. */
  #ticks = 0;
  /** Datagrams that left or failed, up to now. */
  ended = 0;
  #onIdle: (() => void) | null | undefined;
  readonly #onDrain: () => void;
  /** Something lacked room since 'drain' came last. */
  #lacked = false;
  #inFlight = 0;
  /** Of those in flight, those that the handle keeps, since the kernel has no room. */
  #below = 0;
  /** The one that a serial handle has. */
  #flying: Outgoing | null = null;
  /** Those that wait for a look-up. */
  readonly #held: Set<Outgoing> = new Set();

  /** @param onDrain called when what had waited for room has all left */
  constructor(owner: Owner, onDrain: () => void) {
    this.#owner = owner;
    this.#onDrain = onDrain;
    this.#budget = owner.settings.budget;
  }

  open(handle: Handle): void {
    this.#handle = handle;
  }

  /** True when nothing that was accepted still waits to leave: for a look-up, for room, or for those before it. */
  get idle(): boolean {
    const handle = this.#handle;
    const isAwaited = handle?.prompt ? this.#below : this.#inFlight;
    if (!this.#hasNone || isAwaited || this.#held.size) return false;
    return this.#canceled || !handle?.queueCount;
  }

  /** True when, moreover, no callback of this turn is to come a tick later than those of what leaves in its call. */
  get calledBack(): boolean {
    return this.idle && !this.#ticks;
  }

  get #hasNone(): boolean {
    return this.#head === this.#items.length;
  }

  /** Datagrams the kernel had no room for. */
  get count(): number {
    return this.#full ? this.#items.length - this.#head : 0;
  }

  /** Their bytes. */
  get size(): number {
    return this.#full ? this.#items.slice(this.#head).reduce((sum, { size }) => sum + size, 0) : 0;
  }

  /** Counts a datagram that waits for its look-up. */
  hold(outgoing: Outgoing): void {
    // What another socket sends from now on leaves after what has been answered by then.
    lastGroup++;
    this.#held.add(outgoing);
    // Whoever is asked may answer and close the socket in this call, which asks for the callback at its end.
    this.#ticks++;
    nextTick(() => this.#ticks--);
  }

  /** False if it is not to be waited for any more: it has ended. */
  holds(outgoing: Outgoing): boolean {
    return this.#held.has(outgoing);
  }

  /** True if one more may wait. Those that only wait for the end of the turn leave first. */
  admit(outgoing: Outgoing): boolean {
    if (!this.#budget || this.#budget.admit(outgoing)) return true;
    if (this.#full || !this.#handle) return false;
    this.flush();
    return this.#budget.admit(outgoing);
  }

  /**
   * A datagram that was admitted will never be pushed.
   *
   * @param _isCanceled true since the socket is closed, false since its bind failed; left out if its call throws
   */
  giveUp(outgoing: Outgoing, _isCanceled?: boolean): void {
    this.#held.delete(outgoing);
    this.#budget?.leave(outgoing);
    this.#tellIfIdle();
  }

  /**
   * Takes a datagram that leaves at the end of this turn.
   *
   * @returns true if it is the first of a group, whose callback is seen to when it leaves
   */
  push(outgoing: Outgoing): boolean {
    this.#items.push(outgoing);
    // Where another socket has sent in between it leaves after that, as on Node.
    const isFirst = this.#group !== lastGroup;
    if (isFirst) {
      this.#group = ++lastGroup;
      this.#ticks++;
      nextTick(() => this.#flushFor(outgoing));
    }
    outgoing.group = lastGroup;
    if (!this.#full && this.#items.length - this.#head >= BATCH) this.flush();
    return isFirst;
  }

  /** Takes a datagram that leaves before this call returns, unless others wait. */
  pushNow(outgoing: Outgoing): void {
    const handle = this.#handle;
    // Nothing waits, as a rule: it need not be put into the queue then. What may have to be cut, or asked for, is so there.
    const isAlone = outgoing.toPeer && handle && this.#hasNone && !outgoing.segmentSize;
    if (isAlone && !this.#refusalOf(outgoing)) {
      const result = handOver(handle, [outgoing], 0, 1);
      this.#leftAs(handle, outgoing, result);
      if (result === 0) {
        this.#items.push(outgoing);
        this.#settle(lastGroup);
      }
      this.#tellIfIdle();
      return;
    }
    // Who is asked may cancel what is held, and this is among the others by then.
    this.#held.delete(outgoing);
    this.#items.push(outgoing);
    this.flush();
  }

  /** The end of a datagram that a deferred handle had accepted. */
  sent(outgoing: Outgoing, result: number): void {
    // It was ended here when the socket was closed.
    if (outgoing.gone) return;
    outgoing.gone = true;
    this.ended++;
    this.#inFlight--;
    this.#flying = null;
    if (outgoing.below) {
      this.#below--;
      this.#budget?.leave(outgoing);
    }
    try {
      outgoing.end(result, true);
    } finally {
      this.drained();
    }
  }

  /** Has what waits for a look-up or for room end with ECANCELED: after what the handle holds. */
  cancel(): void {
    if (this.idle) return;
    this.#handle?.cancel?.();
    // Nobody will tell the ends of what a handle had that is gone.
    if (!this.#handle) this.#inFlight = this.#below = 0;
    this.#endWaiting();
  }

  /** The handle is gone: what waits ends with ECANCELED, at the latest when it is canceled. */
  abandon(): void {
    this.#handle = null;
    this.#endWaiting();
  }

  #endWaiting(): void {
    this.#canceled = true;
    for (const outgoing of this.#held) this.#items.push(outgoing);
    this.#held.clear();
    if (this.#flying) this.sent(this.#flying, canceled());
    this.#full = false;
    this.flush();
  }

  /** The kernel has room again, or one that waited has ended. */
  drained(): void {
    if (this.#full || this.#stalled) {
      this.#full = false;
      this.flush();
    }
    if (this.#lacked && !this.#below && this.#hasNone) {
      this.#lacked = false;
      this.#onDrain();
    }
    this.#tellIfIdle();
  }

  /** Gives what waits for a peer that is about to be disconnected its address, so that it still arrives there. */
  addressTo({ address, port }: AddressInfo): void {
    for (const outgoing of this.#items.slice(this.#head)) {
      if (outgoing.toPeer && !outgoing.address) {
        outgoing.address = address;
        outgoing.port = port;
        // It is not to wait for the end of the turn.
        this.#stalled = true;
      }
    }
  }

  /** Calls back, once, when nothing waits any more; at once if nothing does. */
  whenIdle(done: () => void): void {
    this.flush();
    this.#onIdle = done;
    this.#tellIfIdle();
  }

  /** On the tick that `first` asked for, and in its asynchronous context. */
  #flushFor(first: Outgoing): void {
    const isNext = this.#items[this.#head] === first;
    this.#ticks--;
    this.flush(first.group);
    if (first.watched) first.watch(true, isNext && first.below);
  }

  /** @param group the last whose turn it is; not what somebody sends who is asked or told meanwhile */
  flush(group: number = lastGroup): void {
    if (this.#asking) return;
    if (group >= this.#group) this.#group = 0;
    this.#ask(group);
    const handle = this.#handle;
    const items = this.#items;
    this.#stalled = false;
    while (this.#head < items.length && !this.#full) {
      const from = this.#head;
      const first = items[from];
      if (first.group > group) break;
      const refusal = this.#refusalOf(first);
      if (refusal) {
        // Its callback must not come before those of the datagrams that left before.
        this.#stalled = !!this.#flying || this.#below > 0;
        if (this.#stalled) break;
        this.#head++;
        this.end(first, refusal);
        continue;
      }
      // Not canceled, so there is one.
      if (!handle) break;
      let to = from + 1;
      // A deferred handle has no batches.
      const end = from + (handle.deferred ? 1 : BATCH);
      while (to < end && items[to]?.group <= group && !this.#refusalOf(items[to])) to++;
      const result = handOver(handle, items, from, to);
      if (refusesToCut(first, result)) {
        const parts = first.cut();
        items.splice(from, 1, ...parts);
        this.#unsettled = from;
        this.#budget?.split(first, parts);
        continue;
      }
      const left = result as number >= 0 ? result as number : 1;
      this.#head += left;
      // Who observes it may send or close within, which empties the list.
      for (const item of items.slice(from, from + (left || 1))) this.#leftAs(handle, item, result);
    }
    this.#settle(group);
    this.#forgetLeft();
    this.#tellIfIdle();
  }

  #ask(group: number): void {
    const owner = this.#owner;
    const items = this.#items;
    // What is canceled goes nowhere, and may never have got an address.
    if (this.#canceled || !owner.settings.sendBlockList) return;
    this.#asking = true;
    for (let i = this.#unsettled; items[i]?.group <= group; i++) {
      const outgoing = items[i];
      if (!outgoing.toPeer && !outgoing.refusal) {
        outgoing.refusal = blockedBy(owner, outgoing.address!, outgoing.watched);
      }
    }
    this.#asking = false;
  }

  /** What the handle answered to a datagram. */
  #leftAs(handle: Handle, outgoing: Outgoing, result: Ending): void {
    if (result === 0) {
      this.#full = this.#lacked = true;
    } else if (!handle.deferred || typeof result !== "number" || result < 0) {
      this.end(outgoing, result as number > 0 ? 0 : result);
    } else {
      this.#inFlight++;
      outgoing.below = !outgoing.gone && !handle.serial && handle.queueCount > 0;
      if (handle.serial && !outgoing.gone) this.#flying = outgoing;
      if (outgoing.below) {
        this.#lacked = true;
        this.#below++;
      } else {
        this.#budget?.leave(outgoing);
      }
    }
  }

  /** Ends one that did not leave by a deferred handle: each ends here or in `sent`. */
  end(outgoing: Outgoing, result: Ending): void {
    this.ended++;
    this.#budget?.leave(outgoing);
    this.#owner.observer?.ended(outgoing, result);
    outgoing.end(result);
  }

  /** Why it can't leave, or 0: its bytes are ready then. */
  #refusalOf(outgoing: Outgoing): Ending {
    if (outgoing.refusal) return outgoing.refusal;
    if (this.#canceled) return canceled();
    if (this.#isAstray(outgoing)) return getErrno("EISCONN");
    ready(outgoing, false);
    return outgoing.refusal;
  }

  /** The kernel would redirect it past the peer; libuv refuses it, so Node does. */
  #isAstray({ toPeer, settled }: Outgoing): boolean {
    return !toPeer && !settled && !!this.#owner.peer;
  }

  /** What has to wait past its turn keeps what it was then: where it goes, and what a runtime that lets it wait owes. */
  #settle(group: number): void {
    const items = this.#items;
    let i = Math.max(this.#unsettled, this.#head);
    for (; items[i]?.group <= group; i++) {
      const outgoing = items[i];
      if (!outgoing.refusal && this.#isAstray(outgoing)) outgoing.refusal = getErrno("EISCONN");
      outgoing.settled = true;
      if (this.#handle?.serial && !outgoing.refusal) ready(outgoing, true);
    }
    this.#unsettled = i;
  }

  #forgetLeft(): void {
    if (this.#hasNone) {
      // V8 gives the memory of an emptied array back, but for one that is emptied by pop().
      if (this.#head === 1) this.#items.pop();
      else this.#items.length = 0;
      this.#head = this.#unsettled = 0;
    } else if (this.#head >= 1024) {
      this.#items.splice(0, this.#head);
      this.#unsettled -= this.#head;
      this.#head = 0;
    }
  }

  #tellIfIdle(): void {
    const done = this.#onIdle;
    if (done && this.idle) {
      this.#onIdle = null;
      done();
    }
  }
}

export function canceled(): number {
  return getErrno("ECANCELED");
}
