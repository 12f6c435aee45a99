/** Who is told what a socket's datagrams come to, beside its listeners. The core itself tells nobody. */
import type { HeldMessage } from "./state.ts";
import type { Socket } from "./types.ts";

/** Is told by what stands between a socket and its program. */
export interface Observer {
  /** A datagram of so many bytes, which the socket had received, was kept from its program; a guard says whose. */
  keptBack(by: "guard" | "inbox" | "closed", size: number, from?: object): void;
  /** Something was sent past it: by so many system calls, and so many datagrams that left alone. */
  sentPast(calls: number, alone: number): void;
  /** What it had received and not told is told elsewhere. */
  gaveAway(messages: readonly HeldMessage[]): void;
  /** The same of what another has received. */
  tookOver(messages: readonly HeldMessage[]): void;
}

const observers: WeakMap<object, Observer> = new WeakMap();

/** Who is to be told, if anybody is. */
export function observerOf(socket: object): Observer | undefined {
  return observers.get(socket);
}

/** From now on this one is told. */
export function setObserver(socket: Socket, observer: Observer): void {
  observers.set(socket, observer);
}

/** What a guard has a datagram end with that it keeps back, where nobody is told why: no errno of any system. */
export const KEPT_BACK = -10_003;
