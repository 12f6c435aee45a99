import type { AsyncResource } from "node:async_hooks";
import { EventEmitter } from "./event_emitter.ts";
import { nextTick, throwLater } from "./process.ts";
import type { AddressInfo, Backend, Handle, MessageBuffer, RemoteInfo } from "./backend.ts";
import { asyncResource } from "./builtins.ts";
import { notRunning } from "./errors.ts";
import { OrderedLookups } from "./lookup.ts";
import type { Observer } from "./observer.ts";
import { Outbox } from "./outbox.ts";
import type { Settings } from "./settings.ts";
import type { Socket } from "./types.ts";
import type { UnboundOptions } from "./unbound_options.ts";

/** Where a socket keeps its state, out of sight of `Object.keys`. */
export const kState: unique symbol = Symbol("state");

export type Binding = "unbound" | "binding" | "bound";

/** A socket as the core sees it. */
export interface StatefulSocket extends Socket {
  [kState]: State;
}

/** A datagram that was received, and not told yet. */
export interface HeldMessage {
  readonly data: MessageBuffer;
  readonly from: RemoteInfo;
}

/** What a runtime had read already when its socket was paused. */
export interface Held {
  /** What has not been told yet, the oldest first. */
  readonly list: HeldMessage[];
  /** To be called when the socket is paused no longer. */
  release(): void;
}

/**
 * binding: unbound → binding → bound; a failed bind leads back to unbound.
 * connecting, which may fail, and then connected: to `peer`.
 * closing: close() was called, and may wait for a bind. closed: it was carried out, for the user; the handle may
 * still live to send what was accepted before. Both are final.
 */
export class State {
  // What each datagram needs comes first: with very many sockets, it is read from memory anew.
  readonly socket: StatefulSocket;
  readonly settings: Settings;
  readonly outbox: Outbox;
  closed = false;
  closing = false;
  connecting = false;
  binding: Binding = "unbound";
  handle: Handle | null = null;
  /** There while it is connected. */
  peer: AddressInfo | null = null;
  /** There from the call of pause() until what it has held was told: as long as the handle is paused. */
  held: Held | null = null;
  /** The literal of this family that the last send went to, which needs no second look. */
  lastLiteral = "";
  /** There after a bind that failed in the kernel, until the next one. */
  unbound: UnboundOptions | null = null;
  /** There while close() waits: has it wait no longer. */
  stopWaiting: (() => void) | undefined;
  observer?: Observer;
  referenced = true;
  paused = false;
  /** The asynchronous context of the socket's creation, in which its events come. */
  readonly context: AsyncResource = new (asyncResource())("UDPWRAP");
  readonly lookups: OrderedLookups = new OrderedLookups();
  /** What was asked for while binding, to be carried out on 'listening': there until that is done, for a close() amid it. */
  queue: Operation[] | null = null;
  /** Carries out what waits for a bind, or gives it up: false if something has failed. */
  endQueue = (_carriesOut?: boolean): void => {};

  constructor(socket: StatefulSocket, settings: Settings) {
    this.socket = socket;
    this.settings = settings;
    this.outbox = new Outbox(this, () => nextTick(() => this.closed || this.socket.emit("drain")));
  }

  /**
   * Carries an operation out on 'listening', by a listener: those that the user registered before see the socket
   * without it, as on Node. If the bind fails, or close() waits for it no longer, `dropped` is called in its place.
   */
  enqueue(run: () => void, dropped?: (canceled: boolean) => void): void {
    if (!this.queue) {
      let queue: Operation[] = this.queue = [];
      // What 'newListener' throws leaves a queue that ends all the same.
      let forget = (): void => {};
      this.endQueue = (carriesOut) => {
        forget();
        const operations = queue;
        const failures: unknown[] = [];
        queue = [];
        // Somebody who is called may close the socket, which waits for all before it then.
        for (const { run, dropped } of operations) {
          try {
            if (carriesOut) run();
            // It is bound if a listener of 'listening' has thrown before the queue had its turn, and something else fails now.
            else dropped?.(carriesOut !== false || this.binding === "bound");
          } catch (error) {
            // It must not take the others with it.
            if (failures.push(error) > 1) throwLater(error);
          }
        }
        this.queue = null;
        if (failures.length > 0) throw failures[0];
      };
      forget = onBindEnd(this.socket, () => this.endQueue(true), () => this.endQueue(false));
    }
    this.queue?.push({ run, dropped });
  }
}

/** What a socket is made of. */
export function backendOf(socket: Socket): Backend {
  return (socket as StatefulSocket)[kState].settings.backend;
}

/** Who is to be told what its datagrams come to, if anybody is. */
export function observerOf(socket: object): Observer | undefined {
  return (socket as Partial<StatefulSocket>)[kState]?.observer;
}

/** The state of a socket that is not closed. */
export function runningState(socket: StatefulSocket): State {
  const state = socket[kState];
  if (state.closed) throw notRunning();
  return state;
}

/** For calls that begin something, which a close() that waits for the bind would have to undo. */
export function checkNotClosing(state: State): void {
  if (state.closing) throw notRunning();
}

/**
 * Calls one of the two when the socket is bound or something fails: by listeners, as on Node, so that those registered
 * before are called before. It returns what removes them.
 */
export function onBindEnd(socket: StatefulSocket, bound: () => void, failed: () => void): () => void {
  const forget = (): void => {
    socket.removeListener(EventEmitter.errorMonitor, onError);
    socket.removeListener("listening", onListening);
  };
  const onError = (): void => {
    // Of something else, such as a full send queue.
    if (socket[kState].binding === "binding") return;
    forget();
    failed();
  };
  const onListening = (): void => {
    forget();
    bound();
  };
  socket.on(EventEmitter.errorMonitor, onError);
  socket.on("listening", onListening);
  return forget;
}

/** Tells in a tick what a call has done, unless the socket is closed by then. */
export function emitSoon(state: State, event: "connect" | "listening"): void {
  nextTick(() => {
    if (!state.closed) state.socket.emit(event);
  });
}

interface Operation {
  readonly run: () => void;
  readonly dropped: ((canceled: boolean) => void) | undefined;
}
