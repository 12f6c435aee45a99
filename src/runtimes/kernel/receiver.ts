import { setImmediate } from "../common/timers.ts";
import type { Host, MessageBuffer, RemoteInfo } from "../../core/backend.ts";
import { nextTick } from "../../core/process.ts";
import { afterThisMessage, PATIENCE } from "../../core/turns.ts";
import type { Descriptor } from "../libc/descriptor.ts";
import { ReceiveBatch } from "../libc/receive_batch.ts";
import { RECEIVE_SLOTS } from "../libc/receive_memory.ts";
import type { StandIn } from "../libc/stand_in.ts";
import { OneTimer } from "../common/one_timer.ts";
import { addReceiveInfo, type Asked } from "./receive_info.ts";
import { MANY, type SawMany } from "./runs.ts";

/** Of rows of up to 64 joined datagrams; others are to have their turn after some hundred. */
const ROWS = 4;

/** After so many others have their turn: only rows have more. */
const TURN = 64;

/** So many wake-ups with one datagram alone are taken for a habit. */
const LONE = 4;

/** So many wake-ups in a row that brought nothing are more than a datagram that was read beforehand explains. */
const VAIN = 8;

/** The runtime's socket, which waits for what libc then reads. */
export interface Waiting {
  /** Has it wait for the next datagram, if it doesn't anyway. */
  wait(): void;
  /** Where it waits again by itself: has it not do so. 0 or an errno. */
  hold(): number;
  /** Takes `hold` back. */
  letGo(): void;
  /** Is told of one of many that were read at once. */
  readonly sawMany?: SawMany | null;
}

/**
 * What libc reads from a descriptor for which a runtime's socket waits. It wakes with one datagram, and the others that
 * wait are read while no receive of the runtime is pending, which keeps their order.
 */
export class KernelReceiver {
  readonly #kernel: Descriptor;
  readonly #host: Host;
  readonly #waiting: Waiting;
  readonly #standIn: StandIn | null;
  readonly #batch: ReceiveBatch;
  /** Of datagrams, or of rows once a read has brought rows. */
  #limit: number;
  readonly #info: unknown;
  /** Until it is tried again to arm the stand-in. */
  readonly #rearm = new OneTimer(() => this.#arm());
  #closed = false;
  #armed = false;
  #paused = false;
  /** Nothing waits and nothing is read, since it is paused. */
  #idle = false;
  #delivering = false;
  /** A read of what else waits is due in the next turn: since when, or 0. */
  #due = 0;
  /** Wake-ups in a row that brought one datagram alone. */
  #lone = 0;
  /** Wake-ups in a row, by the stand-in, that brought nothing. */
  #vain = 0;
  /** The next of the batch to be delivered. */
  #next = 0;

  /** @param standIn there if all is received by libc. @param asked without it, `pooledMessages` alone */
  constructor(kernel: Descriptor, host: Host, waiting: Waiting, standIn: StandIn | null, asked: Asked) {
    this.#kernel = kernel;
    this.#host = host;
    this.#waiting = waiting;
    this.#standIn = standIn;
    // What somebody has put on every object is not asked for.
    this.#info = standIn && asked.receiveInfo;
    this.#limit = standIn === null ? RECEIVE_SLOTS : ROWS;
    this.#batch = new ReceiveBatch(standIn !== null, asked.pooledMessages);
  }

  /** Nothing is under way, and it is neither paused nor closed: another may take its place. */
  get idle(): boolean {
    return !this.#closed && !this.#paused && !this.#delivering && this.#next >= this.#batch.count;
  }

  /** 0 or an errno. */
  pause(): number {
    const errno = (this.#standIn ?? this.#waiting).hold();
    this.#paused = errno === 0;
    if (this.#paused && this.#rearm.stop()) this.#idle = true;
    return errno;
  }

  resume(): void {
    this.#paused = false;
    (this.#standIn ?? this.#waiting).letGo();
    if (!this.#idle) return;
    this.#idle = false;
    if (this.#standIn === null) this.start();
    // What waits has rung already.
    else setImmediate(this.#arm);
  }

  /** Reads nothing any more. What was read is told now to a core that drops it, and counts it where that is wanted. */
  close(): void {
    this.#closed = true;
    this.#rearm.stop();
    const { data, from, count } = this.#batch;
    for (; this.#next < count; this.#next++) this.#host.message(data[this.#next], from[this.#next]);
    this.#batch.clear();
  }

  /**
   * Delivers the datagram that the runtime's socket woke with, and the others that wait. They are read first: what
   * listeners bring about comes with a later wake-up. To be called in a tick, where what listeners throw is an
   * `uncaughtException` at once.
   */
  woken(data: MessageBuffer, from: RemoteInfo): void {
    if (this.#paused && this.#next >= this.#batch.count) {
      this.start();
      this.#host.message(data, from);
      return;
    }
    if (this.#next < this.#batch.count) {
      // Node 26.10 goes on receiving while an exception of a listener has put the ticks off.
      this.#batch.add(data, from);
      return;
    }
    // libuv wakes up to 32 times in one turn, which with a batch each is too long if the listeners are slow.
    if (this.#due !== 0 && performance.now() - this.#due > PATIENCE) {
      this.#host.message(data, from);
      return;
    }
    if (this.#isLone()) {
      this.start();
      this.#host.message(data, from);
      return;
    }
    this.#read();
    this.#lone = this.#batch.count === 0 ? this.#lone + 1 : 0;
    if (this.#host.messages === undefined) {
      this.#goOn();
      this.#host.message(data, from);
    } else {
      this.#deliverTogether([data, ...this.#batch.data], [from, ...this.#batch.from], 1 + this.#batch.count);
    }
  }

  /**
   * True if it is to be left to the runtime whether more waits: after some wake-ups with one datagram alone only each
   * eighth is worth a system call. It is a sixth of what a round trip costs with node:ffi.
   */
  #isLone(): boolean {
    return this.#lone >= LONE && (++this.#lone & 7) !== 0;
  }

  /** Delivers what was read, in the tick that this is called in. */
  #deliver(): void {
    const { data, from, count } = this.#batch;
    if (this.#host.messages === undefined) this.#deliverNext();
    else this.#deliverTogether(data, from, count);
  }

  #deliverTogether(data: readonly MessageBuffer[], from: readonly RemoteInfo[], count: number): void {
    this.#next = this.#batch.count;
    this.#goOn();
    this.#host.messages!(data, from, count);
  }

  /** Begins to wait. */
  start(): void {
    if (this.#rests()) return;
    if (this.#standIn === null) this.#waiting.wait();
    else if (!this.#armed) setImmediate(this.#arm);
  }

  /** The stand-in woke the runtime, which waits again. To be called as `woken` is. */
  readonly rung = (): void => {
    if (this.#closed) return;
    this.#armed = false;
    if (this.#delivering || this.#rests()) return;
    // Before the read: whatever comes after it wakes the runtime then. One that does not wait yet would find it at once.
    if (this.#vain < VAIN) this.#armed = this.#standIn!.arm() === 0;
    this.#read();
    this.#delivering = this.#batch.count > 0;
    this.#vain = this.#delivering ? 0 : this.#vain + 1;
    if (this.#delivering) this.#deliver();
    else this.start();
  };

  /** True if it is paused: it is to be started again then. */
  #rests(): boolean {
    if (this.#paused) this.#idle = true;
    return this.#paused;
  }

  /** A turn later, when the runtime surely waits: else it would find the ring at once. */
  #arm = (): void => {
    if (this.#closed || this.#delivering || this.#rests()) return;
    if (!this.#armed) {
      this.#waiting.wait();
      this.#armed = this.#standIn!.arm() === 0;
      // What waits keeps the process alive.
      if (!this.#armed) this.#rearm.start(false);
    }
    if (!this.#standIn!.lasting) nextTick(this.#lookAgain);
  };

  #lookAgain = (): void => {
    if (this.#closed || this.#delivering || this.#rests()) return;
    this.#read();
    this.#delivering = this.#batch.count > 0;
    if (this.#delivering) this.#deliver();
  };

  #read(): void {
    this.#next = 0;
    const count = this.#kernel.receive(this.#batch, this.#limit);
    if (this.#standIn !== null) this.#limit = count > this.#limit ? ROWS : RECEIVE_SLOTS;
    if (count >= MANY) this.#waiting.sawMany?.(this.#batch.from[0]);
    if (this.#info) {
      const { control, from } = this.#batch;
      for (let i = 0; i < count; i++) addReceiveInfo(from[i], control![i]);
    }
    if (count >= 0) return;
    this.#batch.count = 0;
    nextTick(() => this.#closed || this.#host.receiveError(count, "recvmsg"));
  }

  #deliverNext = (): void => {
    if (this.#closed) return;
    const at = this.#next++;
    const data = this.#batch.data[at];
    const from = this.#batch.from[at];
    this.#goOn();
    this.#host.message(data, from);
  };

  /** To be called before the listeners, which could change the asynchronous context of what is to follow. */
  #goOn(): void {
    const { count, full } = this.#batch;
    if (this.#next < count) {
      if (this.#next % TURN < TURN - 1) this.#deliverSoon();
      else setImmediate(this.#deliverNext);
    } else if (!full) {
      this.#waitAgain();
    } else if (this.#due === 0) {
      // Once in a turn: else a flood would have more and more of these under way.
      this.#due = performance.now();
      setImmediate(this.#readMore);
    }
  }

  #waitAgain(): void {
    this.#delivering = false;
    this.start();
  }

  readonly #deliverSoon = afterThisMessage(this.#deliverNext);

  /** Others had their turn. */
  #readMore = (): void => {
    this.#due = 0;
    if (this.#closed || this.#next < this.#batch.count) return;
    if (this.#paused) return this.#waitAgain();
    this.#read();
    if (this.#batch.count === 0) this.#waitAgain();
    else nextTick(() => this.#closed || this.#deliver());
  };
}
