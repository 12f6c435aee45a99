/** What the two sides of a handoff tell each other: an object that JSON can hold, but for a message between threads. */
import { Buffer } from "node:buffer";
import type { AddressInfo, RemoteInfo } from "../core/backend.ts";
import type { HeldMessage } from "../core/state.ts";
import type { SocketType } from "../core/types.ts";

/** What a message of this module has its step under; other messages of the channel have no such member. */
export const KEY = "@x/dgram/handoff";

/** The giver asks whether somebody receives sockets. */
export interface Offer {
  readonly step: "offer";
  readonly id: string;
  readonly type: SocketType;
  readonly peer: AddressInfo | null;
  readonly message: unknown;
}

/** The receiver waits for it; nothing has changed yet. */
export interface Ready {
  readonly step: "ready";
  readonly id: string;
  readonly runtime: string;
  /** The name of a socket to send the descriptor to, where it has one. */
  readonly at?: string | undefined;
  /** True if the receiver can tell apart what the kernel has joined. */
  readonly cuts?: boolean | undefined;
}

/** The descriptor comes: by its number to a thread, with the message, or by the socket that `ready` named. */
export interface Coming {
  readonly step: "coming";
  readonly id: string;
  readonly fd?: number;
}

/** The receiver has a bound socket, which does not receive yet. From here on it is the receiver's. */
export interface Taken {
  readonly step: "taken";
  readonly id: string;
}

/** The receiver has none. */
export interface Refused {
  readonly step: "refused";
  readonly id: string;
  readonly reason: string;
}

/** The giver reads no more; this is what it had read and told nobody. */
export interface Given {
  readonly step: "given";
  readonly id: string;
  readonly held: readonly HeldText[];
}

/** The receiver has that as well: nothing of the socket is under way any more. */
export interface Has {
  readonly step: "has";
  readonly id: string;
}

/** The giver has changed its mind, before it heard of a `ready`. */
export interface Withdrawn {
  readonly step: "withdrawn";
  readonly id: string;
}

/** Any of them. */
export type Step = Offer | Ready | Coming | Taken | Refused | Given | Has | Withdrawn;

/** A datagram as base64, and where it came from. */
interface HeldText {
  readonly data: string;
  readonly from: Omit<RemoteInfo, "receivedAt"> & { readonly receivedAt?: string | undefined };
}

/** A datagram, for any channel. */
export function writeHeld({ data, from }: HeldMessage): HeldText {
  return { data: data.toString("base64"), from: { ...from, receivedAt: from.receivedAt?.toString() } };
}

/** The datagram again, in memory of its own. */
export function readHeld({ data, from: { receivedAt, ...from } }: HeldText): HeldMessage {
  const bytes = Buffer.alloc(from.size);
  bytes.write(data, "base64");
  return { data: bytes, from: receivedAt === undefined ? from : { ...from, receivedAt: BigInt(receivedAt) } };
}
