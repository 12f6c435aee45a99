import "../dgram.ts";
import type { AddressInfo, Backend, Handle, Host, MessageBuffer, OpenOptions, RemoteInfo } from "../core/backend.ts";
import { alreadyBound } from "../core/errors.ts";
import type { KernelIcmpError } from "../core/kernel_socket.ts";
import type { Observer } from "../core/observer.ts";
import type { Ending, Outgoing } from "../core/outgoing.ts";
import { datagramsIn } from "../core/segments.ts";
import {
  checkNotClosing,
  type HeldMessage,
  kState,
  observerOf,
  type State,
  type StatefulSocket,
} from "../core/state.ts";
import type { Socket } from "../core/types.ts";
import { isObject } from "../core/validate.ts";
import { isHeard, messageChannel, type ObservedEvent, publish, sendChannel } from "./channels.ts";
import { Counts } from "./counts.ts";
import { type Ends, type Handed, handed } from "./handed.ts";
import { type KernelReading, lastOfKernel, NO_KERNEL } from "./kernel.ts";
import { knownCalls, type Observed, statsOf } from "./stats.ts";
import type { Observation } from "./types.ts";

/** Is given what passes, with the bytes. */
export interface Sink {
  received(data: MessageBuffer, from: RemoteInfo): void;
  sent(outgoing: Outgoing, data: Uint8Array, ends: Ends): void;
  closed(): void;
}

/** Where a socket keeps the `emit` that was there before. */
const kEmit: unique symbol = Symbol("emit");

/**
 * Stands around a socket from before its bind: the core tells it what comes and what ends, and it stands between the
 * socket's backend and the core, and before its listeners. Other sockets have nothing of it.
 */
export class Tap implements Observer, Observed {
  readonly socket: Socket;
  readonly state: State;
  /** What the program has of it. */
  readonly observation: Observation;
  readonly counts: Counts = new Counts();
  /** Another array when one comes or goes: they may do so while they are told. */
  #sinks: readonly Sink[] = [];
  /** Are called when the socket is bound, and when it is closed. */
  readonly bound: Set<() => void> = new Set();
  readonly closed: Set<() => void> = new Set();
  handle: Handle | null = null;
  /** Whether all system calls that carry datagrams are this module's own. */
  callsKnown: { readonly sends: boolean; readonly receives: boolean } = { sends: true, receives: true };
  /** What holds while there is no handle. */
  lastOfKernel: KernelReading = NO_KERNEL;
  /** 'close' was told, with numbers that are final. */
  #isOver = false;
  /** What was given up below the core: of a handle that is gone. */
  #lost = 0;
  #local: AddressInfo | undefined;
  /** Of whom a guard below has kept something back. */
  readonly #kept: WeakSet<object> = new WeakSet();

  /** The one of a socket that has one, or a new one. */
  static of(socket: StatefulSocket): Tap {
    const found = observerOf(socket);
    return found instanceof Tap ? found : new Tap(socket);
  }

  private constructor(socket: StatefulSocket) {
    const state = socket[kState];
    checkNotClosing(state);
    if (state.binding !== "unbound") throw alreadyBound();
    this.socket = socket;
    this.state = state;
    this.observation = { socket, read: () => statsOf(this) };
    state.observer = this;
    this.#standBeforeHost();
    this.#standBeforeEnds();
    this.#standBeforeListeners();
    if (isHeard("open")) publish("open", { socket });
  }

  attach(sink: Sink): void {
    this.#sinks = [...this.#sinks, sink];
  }

  detach(sink: Sink): void {
    this.#sinks = this.#sinks.filter((other) => other !== sink);
  }

  /** What was given up below the core. */
  get lost(): number {
    return this.handle?.lost ?? this.#lost;
  }

  /** The end that it is bound to; the last one of a socket that is closed. */
  get local(): AddressInfo | undefined {
    const address = this.handle?.address();
    if (typeof address === "object") this.#local = address;
    return this.#local;
  }

  get peer(): AddressInfo | null {
    return this.state.peer;
  }

  arrived(data: MessageBuffer, from: RemoteInfo): void {
    if (this.#isOver) return;
    const { counts } = this;
    counts.received++;
    counts.receivedBytes += data.length;
    if (this.#sinks.length > 0) { for (const sink of this.#sinks) sink.received(data, from); }
  }

  /** The core did not want it. */
  missed(size: number, { address, port }: RemoteInfo): void {
    if (this.#isOver) return;
    const { closed, peer } = this.state;
    const isOfPeer = peer === null || (port === peer.port && address === peer.address);
    this.#drop("in", closed ? "closed" : isOfPeer ? "blocked" : "notPeer", size);
  }

  keptBack(by: "guard" | "inbox" | "closed", size: number, from?: object): void {
    if (from !== undefined) this.#kept.add(from);
    this.#drop("in", by, size);
  }

  sentPast(calls: number, alone: number): void {
    this.counts.sendCalls += calls;
    if (alone > 0) this.counts.sentBatches.add(alone);
  }

  #drop(direction: "in", reason: keyof Counts["receivedDropped"], size: number): void {
    this.counts.receivedDropped[reason]++;
    this.#tellDrop(direction, reason, size);
  }

  #tellDrop(direction: "in" | "out", reason: string, size: number): void {
    if (isHeard("drop")) publish("drop", { socket: this.socket, direction, reason, size });
  }

  #standBeforeHost(): void {
    const settings = this.state.settings as { backend: Backend };
    const { backend } = settings;
    settings.backend = Object.create(backend, {
      open: {
        value: (options: OpenOptions, host: Host) => {
          const result = backend.open(options, this.#observe(host));
          if (typeof result === "object" && !("fdType" in result)) this.#take(result);
          return result;
        },
      },
      openShared: {
        get: () => {
          const { openShared } = backend;
          if (openShared === undefined) return undefined;
          return (options: OpenOptions, host: Host, done: (result: Handle | number) => void): void =>
            openShared.call(backend, options, this.#observe(host), (result) => {
              if (typeof result === "object") this.#take(result);
              done(result);
            });
        },
      },
    });
  }

  /** Replaces what is called seldom: each datagram would pay for a host before the core's. */
  #observe(host: Host): Host {
    const { receiveError, closed } = host;
    host.receiveError = (errno, syscall) => {
      this.counts.failedToReceive(errno, this.handle?.kernel?.tellsIcmp);
      receiveError.call(host, errno, syscall);
    };
    host.closed = () => {
      // Somebody else closes its handle.
      if (this.handle !== null) this.#leave(this.handle);
      closed.call(host);
    };
    return host;
  }

  #take(handle: Handle): void {
    const { counts } = this;
    const { send, sendBatch, cancel, close, deferred } = handle;
    this.handle = handle;
    this.callsKnown = knownCalls(handle, this.state);
    const { sentBatches } = counts;
    handle.send = (datagram) => {
      const result = send.call(handle, deferred ? this.#handed(datagram as Outgoing) : datagram);
      // The end of a deferred one comes later.
      if (result > 0 && !deferred) sentBatches.add(1);
      return result;
    };
    handle.sendBatch = (datagrams, from, to) => {
      const { single } = sentBatches;
      const result = sendBatch.call(handle, datagrams, from, to);
      // A handle that sends them one by one has counted itself.
      if (result > 0 && sentBatches.single === single) sentBatches.add(result);
      return result;
    };
    // Node's own socket is closed then, and can't be asked any more.
    if (cancel) handle.cancel = () => this.#leave(handle, () => cancel.call(handle));
    handle.close = (done) => this.#leave(handle, () => close.call(handle, done));
    if (handle.kernel) counts.countCalls(handle.kernel);
  }

  #handed(outgoing: Outgoing): Handed {
    return handed(outgoing, this.#sinks.length > 0 ? { local: this.local, peer: this.peer } : undefined);
  }

  #leave(handle: Handle, close?: () => void): void {
    this.lastOfKernel = lastOfKernel(handle);
    void this.local;
    close?.();
    this.#lost = this.lost;
    this.handle = null;
  }

  ended(outgoing: Outgoing, ending: Ending): void {
    // As a rule nobody is to be told, and there are many.
    const isTold = ending !== 0 || this.#sinks.length > 0 || sendChannel.hasSubscribers;
    if (isTold) this.#ended(outgoing, ending);
    // It was prepared just now, and says of itself what is true.
    else this.counts.left(outgoing, outgoing.data.length);
  }

  /** There those end that a deferred handle has taken, and those that never leave. */
  #standBeforeEnds(): void {
    const { counts, state, state: { outbox } } = this;
    const { sent, admit, giveUp, whenIdle } = outbox;
    outbox.whenIdle = (done) => {
      // The socket is closed, and what it holds is told nobody any more.
      const held = state.held?.list ?? [];
      while (held.length > 0) {
        const { data, from } = held.shift()!;
        this.missed(data.length, from);
      }
      whenIdle.call(outbox, done);
    };
    outbox.sent = (given: Outgoing | Handed, ending) => {
      if (!("outgoing" in given)) {
        if (!given.gone) this.#ended(given, ending);
        return sent.call(outbox, given, ending);
      }
      const { outgoing, kept, size, ends } = given;
      if (!outgoing.gone) {
        if (ending === 0) counts.sentBatches.add(1);
        this.#ended(outgoing, ending, kept, size, ends);
      }
      sent.call(outbox, outgoing, ending);
    };
    if (this.state.settings.budget !== null) {
      outbox.admit = (outgoing) => {
        const isAdmitted = admit.call(outbox, outgoing);
        if (!isAdmitted) this.#neverLeft("queue", outgoing);
        return isAdmitted;
      };
    }
    outbox.giveUp = (outgoing, isCanceled) => {
      if (isCanceled !== undefined) this.#neverLeft(isCanceled ? "closed" : "unbound", outgoing);
      giveUp.call(outbox, outgoing, isCanceled);
    };
  }

  #neverLeft(reason: "queue" | "unbound" | "closed", { size, segmentSize }: Outgoing): void {
    this.counts.sentDropped[reason] += datagramsIn(size, segmentSize);
    this.#tellDrop("out", reason, size);
  }

  #ended(
    outgoing: Outgoing,
    ending: Ending,
    data: Uint8Array = outgoing.data,
    // What was refused may be a list still, or forgotten.
    size: number = ending !== 0 && outgoing.counted || outgoing.size,
    ends: Ends = this,
  ): void {
    let reason: string | undefined;
    if (ending === 0) {
      this.counts.left(outgoing, size);
      for (const sink of this.#sinks) sink.sent(outgoing, data, ends);
    } else {
      reason = this.counts.stayed(outgoing, ending, size);
      if (reason !== undefined) this.#tellDrop("out", reason, size);
    }
    if (reason === undefined && sendChannel.hasSubscribers) {
      const { address, port } = outgoing;
      const error = ending === 0 ? null : outgoing.failure(ending);
      publish("send", { socket: this.socket, size, address, port, error });
    }
  }

  #standBeforeListeners(): void {
    const { socket } = this;
    const below = socket.emit as Emit;
    // deno-lint-ignore no-this-alias
    const tap = this;
    const emit = function (this: Tapped, event: string | symbol, first: unknown, second: unknown): boolean {
      const isOne = event === "message" && arguments.length === OF_A_MESSAGE;
      // Nothing is made for each of many; and what is called as a method of the socket V8 can put in here.
      if (isOne && this === socket && !messageChannel.hasSubscribers) {
        const result = this[kEmit](event, first, second);
        // Somebody may have begun to listen meanwhile.
        if (messageChannel.hasSubscribers) tap.#told(second);
        return result;
      }
      const told = isOne ? [second] : event === "messages" && Array.isArray(first) ? first : null;
      if (told === null) tap.#happened(event, first);
      try {
        return below.apply(this, arguments as unknown as unknown[]);
      } finally {
        if (told !== null && messageChannel.hasSubscribers) { for (const from of told) tap.#told(from); }
      }
    };
    Object.defineProperty(socket, kEmit, { value: below });
    Object.defineProperty(socket, "emit", { value: emit, writable: true, configurable: true });
  }

  /** Says so of what no guard below has kept back. What is no datagram is the program's own. */
  #told(from: unknown): void {
    if (!isObject(from) || this.#kept.has(from)) return;
    publish("message", { socket: this.socket, size: (from as RemoteInfo).size, from: from as RemoteInfo });
  }

  gaveAway(messages: readonly HeldMessage[]): void {
    this.#movedHeld(messages, -1);
  }

  tookOver(messages: readonly HeldMessage[]): void {
    this.#movedHeld(messages, 1);
  }

  /** What was read and not told counts where it is told. */
  #movedHeld(messages: readonly HeldMessage[], sign: 1 | -1): void {
    const { counts } = this;
    for (const { data } of messages) {
      counts.received += sign;
      counts.receivedBytes += sign * data.length;
    }
  }

  #happened(event: string | symbol, value: unknown): void {
    const { socket } = this;
    const heard = (name: ObservedEvent): boolean => event === NAMES[name] && isHeard(name);
    if (event === "listening") { for (const tell of this.bound) tell(); }
    if (heard("bind")) publish("bind", { socket, address: this.local! });
    if (heard("error")) publish("error", { socket, error: value as Error });
    if (event === "icmp" && (value as KernelIcmpError | undefined)?.origin !== "local") this.counts.icmpErrors++;
    if (event !== "close") return;
    this.#isOver = this.state.closed;
    for (const sink of this.#sinks) sink.closed();
    if (isHeard("close")) publish("close", { socket, stats: statsOf(this) });
    for (const tell of this.closed) tell();
  }
}

type Emit = (...values: unknown[]) => boolean;
type Tapped = Socket & { readonly [kEmit]: Emit };

/** With its name and what it is about; who emits others by himself is let alone. */
const OF_A_MESSAGE = 3;

const NAMES: Readonly<Partial<Record<ObservedEvent, string>>> = { bind: "listening", error: "error", close: "close" };
