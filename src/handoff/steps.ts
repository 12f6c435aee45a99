/** What the two sides of a handoff tell each other: an object that JSON can hold, but for a message between threads. */
import { Buffer } from "node:buffer";
import type { AddressInfo, RemoteInfo } from "../core/backend.ts";
import { isIP } from "../core/ip.ts";
import { nothingElse } from "../core/nothing_else.ts";
import type { HeldMessage } from "../core/state.ts";
import type { SocketType } from "../core/types.ts";
import { isObject } from "../core/validate.ts";

/** What a message of this module has its step under; other messages of the channel have no such member. */
export const KEY = "@x/dgram/handoff";

/** The giver asks whether somebody receives sockets. Told again, without its message, where the peer has changed since. */
export interface Offer {
  readonly step: "offer";
  readonly id: string;
  /** Undefined, as the peer, where what came is none. */
  readonly type: SocketType | undefined;
  readonly peer: AddressInfo | null | undefined;
  readonly message?: unknown;
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
  /** -1 where what came is none. */
  readonly fd?: number | undefined;
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

type Members = Readonly<Record<string, unknown>>;

/** As many bytes as a letter has for it (`letterbox.ts`). */
const LONGEST_ID = 32;
const LONGEST_TEXT = 1000;
const LONGEST_DATAGRAM = 65_535;
/** That of a letterbox. */
const NAME = /^[0-9a-f]{32}$/;

/**
 * The step that a message is; undefined for what is none. Who writes to a channel may be another program, or one that errs:
 * nothing but what is read here is believed. What a message inherits is not told by it, whatever somebody has put on every
 * object.
 */
export function readStep(value: unknown): Step | undefined {
  const told = ownOf(value);
  const { step, id } = told;
  if (typeof id !== "string" || id === "" || id.length > LONGEST_ID) return undefined;
  switch (step) {
    case "offer": {
      const type = told.type === "udp4" || told.type === "udp6" ? told.type : undefined;
      return { step, id, type, peer: readPeer(told.peer, type), message: told.message };
    }
    case "ready": {
      const at = typeof told.at === "string" && NAME.test(told.at) ? told.at : undefined;
      return { step, id, runtime: readText(told.runtime), at, cuts: told.cuts === true };
    }
    case "coming":
      return { step, id, fd: told.fd === undefined || isInteger(told.fd, 1, 0x7fff_ffff) ? told.fd : -1 };
    case "refused":
      return { step, id, reason: readText(told.reason) };
    case "given":
      // Of a list that has nothing but a length there is nothing to look at.
      return { step, id, held: Array.isArray(told.held) ? Object.values(told.held).filter(isHeld) : [] };
    case "taken":
    case "has":
    case "withdrawn":
      return { step, id };
    default:
      return undefined;
  }
}

function ownOf(value: unknown): Members {
  return nothingElse({ ...isObject(value) ? value : {} });
}

function isInteger(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function readText(value: unknown): string {
  return typeof value === "string" ? value.slice(0, LONGEST_TEXT) : "unknown";
}

function readPeer(value: unknown, type: SocketType | undefined): AddressInfo | null | undefined {
  if (value === null || value === undefined) return null;
  const { address, port } = ownOf(value);
  const family = type === "udp4" ? 4 : 6;
  if (typeof address !== "string" || isIP(address) !== family || !isInteger(port, 1, 0xffff)) return undefined;
  return { address, family: `IPv${family}`, port };
}

/** False for what can't have been received. */
function isHeld(value: unknown): value is HeldText {
  const { data, from } = ownOf(value);
  const { address, port, size, receivedAt = "0" } = ownOf(from);
  return typeof address === "string" && isIP(address) > 0 && isInteger(port, 0, 0xffff) &&
    isInteger(size, 0, LONGEST_DATAGRAM) && typeof data === "string" && data.length === 4 * Math.ceil(size / 3) &&
    typeof receivedAt === "string" && /^\d{1,20}$/.test(receivedAt);
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
