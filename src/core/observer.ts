/** Who is told what a socket's datagrams come to, beside its listeners. */
import type { MessageBuffer, RemoteInfo } from "./backend.ts";
import type { Ending, Outgoing } from "./outgoing.ts";

/** Is told by the core, and by what stands between a socket and its program. */
export interface Observer {
  /** A datagram has come. */
  arrived(data: MessageBuffer, from: RemoteInfo): void;
  /** One that had come, of so many bytes, is told nobody. */
  missed(size: number, from: RemoteInfo): void;
  /** A datagram that was accepted has left, or has not: before its sender is told. Of a deferred handle only what it did not take. */
  ended(outgoing: Outgoing, ending: Ending): void;
  /** A datagram of so many bytes, which the socket had received, was kept from its program; a guard says whose. */
  keptBack(by: "guard" | "inbox" | "closed", size: number, from?: object): void;
  /** Something was sent past it: by so many system calls, and so many datagrams that left alone. */
  sentPast(calls: number, alone: number): void;
  /** What it had received and not told is told elsewhere. */
  gaveAway(messages: readonly ReadMessage[]): void;
  /** The same of what another has received. */
  tookOver(messages: readonly ReadMessage[]): void;
}

interface ReadMessage {
  readonly data: MessageBuffer;
}

/** What a guard has a datagram end with that it keeps back, where nobody is told why: no errno of any system. */
export const KEPT_BACK = -10_003;
