import type { MessageBuffer, RemoteInfo } from "../core/backend.ts";
import type { CodedError } from "../core/errors.ts";
import { observerOf } from "../core/state.ts";
import type { Socket } from "../core/types.ts";
import { inboxFull } from "./errors.ts";
import type { IncomingDatagram, WhenFull } from "./types.ts";

/** Somebody who waits for the next datagram; exactly one of the three is called, once. */
export interface Reader {
  give(datagram: IncomingDatagram): void;
  end(): void;
  fail(error: unknown): void;
}

/** InboxOptions, all of them there. */
export interface InboxBound {
  readonly limit: number;
  readonly whenFull: WhenFull;
}

const INITIAL_CAPACITY = 16;

/**
 * Received datagrams that nobody has read yet, in a ring that grows up to the limit, and those who wait for one. Each
 * datagram goes to one reader.
 */
export class Inbox {
  /** How many found no room. */
  dropped = 0;
  readonly #limit: number;
  readonly #whenFull: WhenFull;
  #ring: (IncomingDatagram | undefined)[] = new Array(INITIAL_CAPACITY).fill(undefined);
  #head = 0;
  #count = 0;
  readonly #readers: Reader[] = [];
  /** What the next read after `before` more datagrams throws. The first of several is kept. */
  #error: { readonly error: unknown; before: number } | null = null;
  readonly #socket: object;
  /** What is paused while the inbox is full, if nothing is to be lost here. */
  readonly #source: Pick<Socket, "pause" | "resume"> | null;
  #paused = false;
  #ended = false;
  #abortion: { readonly reason: unknown } | null = null;

  constructor({ limit, whenFull }: InboxBound, source: Pick<Socket, "pause" | "resume">) {
    this.#limit = limit;
    this.#whenFull = whenFull;
    this.#socket = source;
    this.#source = whenFull === "wait" ? source : null;
  }

  /** How many datagrams wait. */
  get waiting(): number {
    return this.#count;
  }

  /** Somebody waits for a datagram. */
  get hasReaders(): boolean {
    return this.#readers.length > 0;
  }

  put(data: MessageBuffer, from: RemoteInfo): void {
    if (this.#readers.length > 0) {
      this.#readers.shift()!.give(incoming(data, from));
      return;
    }
    if (this.#count === this.#limit) {
      this.dropped++;
      if (this.#whenFull === "throw") this.#hold(inboxFull(this.#limit));
      const lost = this.#whenFull === "drop-oldest" ? this.#shift().data : data;
      observerOf(this.#socket)?.keptBack("inbox", lost.length);
      if (lost === data) return;
    }
    if (this.#count === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#count) & (this.#ring.length - 1)] = incoming(data, from);
    this.#count++;
    if (this.#count < this.#limit || this.#source === null || this.#paused) return;
    this.#paused = true;
    // The function that a request asks may have closed it.
    unlessClosed(() => this.#source!.pause());
  }

  /** An error that does not end the socket: all who wait get it, or else the next who asks. */
  fail(error: unknown): void {
    if (this.#readers.length === 0) this.#hold(error);
    else for (const reader of this.#readers.splice(0)) reader.fail(error);
  }

  /** Nothing more will come; what waits can still be read. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const reader of this.#readers.splice(0)) reader.end();
  }

  /** Nothing more will come, nothing can be read, and all reading fails with the reason. */
  abort(reason: unknown): void {
    this.#abortion = { reason };
    while (this.#count > 0) observerOf(this.#socket)?.keptBack("closed", this.#shift().data.length);
    for (const reader of this.#readers.splice(0)) reader.fail(reason);
  }

  /** The next datagram if there is one; undefined if a reader would have to wait, or be told the end. */
  take(): IncomingDatagram | undefined {
    if (this.#abortion !== null) throw this.#abortion.reason;
    if (this.#error !== null && this.#error.before === 0) {
      const { error } = this.#error;
      this.#error = null;
      throw error;
    }
    return this.#count === 0 ? undefined : this.#shift();
  }

  /** Takes a reader who has found nothing to take. */
  wait(reader: Reader): void {
    if (this.#ended) reader.end();
    else this.#readers.push(reader);
  }

  /** The reader waits no longer. */
  leave(reader: Reader): void {
    const index = this.#readers.indexOf(reader);
    if (index >= 0) this.#readers.splice(index, 1);
  }

  #hold(error: unknown): void {
    this.#error ??= { error, before: this.#count };
  }

  #shift(): IncomingDatagram {
    const datagram = this.#ring[this.#head]!;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#count--;
    if (this.#error !== null && this.#error.before > 0) this.#error.before--;
    // Not with each datagram that is read: to pause again costs system calls.
    if (this.#paused && this.#count * 2 <= this.#limit) this.#resume();
    return datagram;
  }

  #resume(): void {
    this.#paused = false;
    unlessClosed(() => this.#source!.resume());
  }

  /** The ring's length stays a power of two. */
  #grow(): void {
    const old = this.#ring;
    this.#ring = old.slice(this.#head).concat(old.slice(0, this.#head), new Array(old.length).fill(undefined));
    this.#head = 0;
  }
}

/** Between close() and 'close', which look-ups may keep for a second, what waits in an inbox can be read all the same. */
function unlessClosed(act: () => void): void {
  try {
    act();
  } catch (error) {
    // Where there is no descriptor to pause it with, say.
    if ((error as CodedError).code !== "ERR_SOCKET_DGRAM_NOT_RUNNING") throw error;
  }
}

/** A datagram as readers get it. */
export function incoming(data: MessageBuffer, from: RemoteInfo): IncomingDatagram {
  const { address, port, family } = from;
  if (!("destination" in from)) return { data, address, port, family };
  const { destination, interfaceIndex, hopLimit, trafficClass, ecn, receivedAt } = from;
  return { data, address, port, family, destination, interfaceIndex, hopLimit, trafficClass, ecn, receivedAt };
}
