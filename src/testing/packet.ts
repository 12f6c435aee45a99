import { Buffer } from "node:buffer";
import { byteLengthOf } from "../core/bytes.ts";
import type { Family, MessageBuffer } from "../core/backend.ts";

/** What an IP header and a UDP header take. */
export const headersOf = (family: Family): number => family === 4 ? 28 : 48;

/** The longest data of one datagram. */
export const longestOf = (family: Family): number => family === 4 ? 65_507 : 65_527;

/** What an ICMP error says. */
export interface IcmpMessage {
  /** With 0, a hop limit that ran out, sockets are told nothing, unless they have asked for it. */
  readonly errno: number;
  /** The datagram. */
  readonly about: Packet;
  readonly mtu?: number | undefined;
  /** Who says so. */
  readonly offender: string;
}

/** A datagram on its way. */
export interface Packet {
  /** Its number, in the order of sending. */
  readonly id: number;
  readonly family: Family;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly port: number;
  /** A Buffer of its own, but where a trace keeps it. */
  data: Uint8Array;
  readonly hopLimit: number;
  readonly trafficClass: number;
  /** The longest IP packet that the sender makes of it. */
  readonly mtu: number;
  /** Routers must not cut it. */
  readonly dontFragment: boolean;
  readonly icmp: IcmpMessage | null;
}

/** What a datagram that no socket has sent says of its ends. */
export type Ends = Pick<Packet, "family" | "source" | "sourcePort" | "destination" | "port">;

/** A datagram that no socket has sent: as a host's are where nobody sets anything. */
export function unsentPacket(id: number, ends: Ends, data: Uint8Array, mtu: number): Packet {
  return {
    id,
    ...ends,
    data: copyOf(data),
    hopLimit: 64,
    trafficClass: 0,
    mtu,
    dontFragment: false,
    icmp: null,
  };
}

/** How many IP packets it is cut into where this is the longest. */
export function fragmentsOf({ family, data }: Packet, mtu: number): number {
  const headers = headersOf(family);
  if (data.length + headers <= mtu) return 1;
  // Each but the last is a multiple of eight; an IPv6 one has a header more.
  const room = (mtu - headers + 8 - (family === 6 ? 8 : 0)) & ~7;
  return Math.ceil((data.length + 8) / room);
}

/** Bytes of one piece of memory that many datagrams share. */
const SHARED = 65_536;

let shared: Buffer | null = null;
let taken = 0;

/** The bytes, in memory that is shared with others that are kept as long: it costs a third of memory of their own. */
export function keptCopyOf(data: Uint8Array): Uint8Array {
  const { length } = data;
  if (length > SHARED / 8) return copyOf(data);
  if (shared === null || taken + length > SHARED) {
    shared = Buffer.allocUnsafeSlow(SHARED);
    taken = 0;
  }
  // To make a Buffer costs twice as much.
  const copy = new Uint8Array(shared.buffer, taken, length);
  copy.set(data);
  taken += length;
  return copy;
}

/** The bytes of a packet, for the program: in memory that they share with no others from here on. */
export function ownDataOf(packet: Packet): Uint8Array {
  const { data } = packet;
  if (data.byteLength !== data.buffer.byteLength) packet.data = copyOf(data);
  return packet.data;
}

/** The bytes, in memory that nobody else has. */
export function copyOf(data: Uint8Array): MessageBuffer {
  const length = byteLengthOf(data);
  const copy = Buffer.allocUnsafeSlow(length);
  // Memory that was transferred can't be copied from.
  if (length > 0) copy.set(data);
  return copy;
}
