import type { Socket as DgramSocket } from "node:dgram";
import { EventEmitter } from "node:events";
import { type OpenOptions, UNAVAILABLE } from "../../core/backend.ts";
import { openUnbound } from "../libc/numbers.ts";
import { putEpoll, type StandIn } from "../libc/stand_in.ts";
import type { SystemCalls } from "../libc/system_calls.ts";
import { bindDgram } from "./dgram.ts";

/** A socket of node:dgram at whose descriptor something stands that wakes Node. */
export interface Waker {
  readonly inner: DgramSocket;
  readonly standIn: StandIn;
}

/** A socket that Node fails to read from whenever there is something to read from the one at `fd`; or an errno. */
export function openWaker(libc: SystemCalls, fd: number): Waker | number {
  const unbound = openUnbound(libc);
  if (unbound < 0) return unbound;
  const inner = bindDgram({ family: 4, fd: unbound } as OpenOptions);
  if (!(inner instanceof EventEmitter)) {
    libc.close(unbound);
    return typeof inner === "number" ? inner : UNAVAILABLE;
  }
  const standIn = putEpoll(libc, unbound, fd);
  if (typeof standIn !== "number") return { inner, standIn };
  inner.close();
  return standIn;
}
