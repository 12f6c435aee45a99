import type { Socket as DgramSocket } from "node:dgram";
import { builtin } from "./builtins.ts";

/** On the exports of node:dgram: its own class, for every copy of this module, whatever has been put there since. */
export const OWN_CLASS: unique symbol = Symbol.for("@x/dgram");

let ownClass: typeof DgramSocket | undefined;

/** What is found as the exports of node:dgram. */
export interface FoundDgram {
  /** A stub of sinon's has the function that it stands for, and does not call it. What wraps one calls it. */
  readonly Socket: typeof DgramSocket & { wrappedMethod?: typeof DgramSocket };
  readonly [OWN_CLASS]?: typeof DgramSocket;
}

/**
 * The class of node:dgram's own sockets. Where this module's may be put in its place, the first call has to come before.
 *
 * @param dgram where an alias may lead to this module: what is known to be node:dgram. Looked at in the first call.
 */
export function dgramSocket(dgram?: FoundDgram): typeof DgramSocket {
  if (ownClass === undefined) {
    dgram ??= builtin("dgram") as unknown as FoundDgram;
    ownClass = dgram[OWN_CLASS] ?? dgram.Socket.wrappedMethod ?? dgram.Socket;
    Reflect.defineProperty(dgram, OWN_CLASS, { value: ownClass });
  }
  return ownClass;
}
