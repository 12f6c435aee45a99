/**
 * Sockets of which the kernel joins what it receives (UDP_GRO) while that pays. It is loaded when a socket has seen runs.
 *
 * The kernel tells where a joined row is to be cut only if the option is on when the row is read. So libc reads all from
 * before it is switched on, and each read finds it on, until some time after it was switched off: who looked at the option
 * just before that has put its row into the queue by then, or never will. Where peers send none, so that libc reads in
 * vain, that is not waited for.
 */
import { clearInterval, setImmediate, setInterval } from "node:timers";
import { hasEmptyQueue } from "../../core/socket_memory.ts";
import type { Descriptor } from "../libc/descriptor.ts";
import { RECEIVE_SLOTS } from "../libc/receive_memory.ts";
import type { Joinable, Runs } from "./joinable.ts";
import { HABIT, MANY } from "./runs.ts";

/** How long nothing must have come for the option to be switched off, and from then on for the runtime to read again: ms. */
const QUIET = 250;

/** So many reads that brought many datagrams, and none of them joined, are enough. */
const ENOUGH = 16;

/** The most runs that are needed, however often joining has brought nothing. */
const MOST_NEEDED = 65_536;

/** Has the kernel join what the socket receives, if that can be now. */
export function join(socket: Joinable, runs: Runs): void {
  const { needed } = runs;
  // While it is joined none is needed.
  if (needed === Infinity) return;
  runs.needed = Infinity;
  // In a turn of its own: nothing is in the runtime's hands then.
  setImmediate(() => {
    const { kernel } = socket;
    // What can't be will never be.
    if (kernel === null || !kernel.libc.offloads.receive) return;
    if (socket.idle && kernel.isOurs() && socket.takeOver()) new Joined(socket, kernel, runs, needed);
    else runs.needed = needed;
  });
}

class Joined {
  readonly #socket: Joinable;
  readonly #kernel: Descriptor;
  readonly #runs: Runs;
  readonly #needed: number;
  readonly #before: Descriptor["receive"];
  readonly #receive: Descriptor["receive"];
  readonly #timer = setInterval(() => this.#look(), QUIET);
  #on = false;
  /** Since when it is on or off. */
  #began = 0;
  /** Something was read since the last look. */
  #busy = true;
  /** Something was joined. */
  #paid = false;
  /** Reads that brought many, and nothing joined. */
  #vain = 0;
  #ended = false;

  constructor(socket: Joinable, kernel: Descriptor, runs: Runs, needed: number) {
    this.#socket = socket;
    this.#kernel = kernel;
    this.#runs = runs;
    this.#needed = needed;
    this.#timer.unref();
    const { receiving } = kernel.libc;
    const receive = this.#before = kernel.receive;
    kernel.receive = this.#receive = (batch, limit) => {
      if (this.#ended) return receive.call(kernel, batch, limit);
      this.#busy = true;
      if (!this.#on) this.#switch(1);
      const { joins } = receiving;
      const result = receive.call(kernel, batch, limit);
      this.#paid ||= receiving.joins > joins;
      if (result >= MANY) this.#vain++;
      // Less than could have been read was all that waited.
      if (!this.#paid && this.#vain > ENOUGH && result > 0 && result < RECEIVE_SLOTS) this.#tryToLeave();
      return result;
    };
    this.#switch(1);
  }

  #look(): void {
    // Closed, by whomever.
    if (!this.#kernel.isOurs()) return clearInterval(this.#timer);
    const since = performance.now() - this.#began;
    if (this.#busy || !this.#socket.idle || !hasEmptyQueue(this.#kernel)) this.#busy = false;
    else if (this.#on) this.#switch(0);
    else if (since >= QUIET) this.#giveBack();
  }

  /** To be called when all that waited has just been read. */
  #tryToLeave(): void {
    this.#switch(0);
    // A row of a peer that has sent none yet would have to be under way in just this moment.
    if (hasEmptyQueue(this.#kernel)) setImmediate(this.#leave);
    else this.#switch(1);
  }

  readonly #leave = (): void => {
    // What was read meanwhile has switched it on.
    if (!this.#on && !this.#ended && this.#kernel.isOurs() && this.#socket.idle) this.#giveBack();
  };

  #switch(on: 0 | 1): void {
    this.#began = performance.now();
    if (this.#kernel.set("receiveOffload", on) === 0) this.#on = on === 1;
  }

  #giveBack(): void {
    if (!this.#socket.giveBack()) return;
    clearInterval(this.#timer);
    this.#ended = true;
    // Who counts, or looks for ICMP errors, may have put something before it meanwhile.
    if (this.#kernel.receive === this.#receive) this.#kernel.receive = this.#before;
    if (this.#paid) this.#runs.needed = HABIT;
    else this.#runs.needed = this.#vain > ENOUGH ? Math.min(MOST_NEEDED, 4 * this.#needed) : this.#needed;
  }
}
