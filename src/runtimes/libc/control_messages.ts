/**
 * What the kernel tells with a datagram when it was asked to: struct cmsghdr is a length of eight bytes, a level, a
 * type, and data, each starting on eight bytes (64-bit Linux).
 */
import { formatIPv4, formatIPv6 } from "../../core/address_text.ts";
import type { SystemCalls } from "./system_calls.ts";
import type { LinuxOnly } from "./layout.ts";

const HEADER_SIZE = 16;
/** The sizes of the data: an int, a struct timespec, a struct in_pktinfo and a struct in6_pktinfo. */
const INT_SIZE = 4;
const TIME_SIZE = 16;
const IPV4_INFO_SIZE = 12;
const IPV6_INFO_SIZE = 20;

/** A control message with a 16-bit number, and the room that it takes. */
export const SHORT_SIZE: number = HEADER_SIZE + 2;
export const SHORT_SPACE: number = HEADER_SIZE + 8;

/** Writes a control message without its data; answers where that goes. */
export function writeControlHeader(words: Int32Array, at: number, size: number, level: number, type: number): number {
  words.set([size, 0, level, type], at);
  return at + HEADER_SIZE / 4;
}

/** What came with a datagram; each member only if the socket has its option on. */
export interface ControlInfo {
  /** The address it was sent to. */
  destination?: string;
  /** The number of the interface it came in by. */
  interfaceIndex?: number;
  /** Its TTL or hop limit on arrival. */
  hopLimit?: number;
  /** Its TOS byte or traffic class; the low two bits are ECN's. */
  trafficClass?: number;
  /** When the kernel received it, in nanoseconds since 1970. */
  receivedAt?: bigint;
  /** The size of the datagrams that the kernel has joined; the last may be shorter. */
  segmentSize?: number;
}

/** Reads the control messages of a slot. */
export class ControlReader {
  readonly #libc: SystemCalls;
  readonly #linux: LinuxOnly;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #start: number;
  readonly #slotSize: number;

  constructor(libc: SystemCalls, bytes: Uint8Array, start: number, slotSize: number) {
    if (libc.layout.linux === null) throw new TypeError("control messages are Linux's");
    this.#libc = libc;
    this.#linux = libc.layout.linux;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#start = start;
    this.#slotSize = slotSize;
  }

  /** Reads the first `length` bytes of a slot's control messages. */
  read(slot: number, length: number): ControlInfo {
    const info: ControlInfo = {};
    let at = this.#start + slot * this.#slotSize;
    const end = at + Math.min(length, this.#slotSize);
    while (at + HEADER_SIZE <= end) {
      const size = this.#view.getUint32(at, true);
      if (size < HEADER_SIZE || at + size > end) break;
      const [level, type] = [this.#view.getInt32(at + 8, true), this.#view.getInt32(at + 12, true)];
      this.#readOne(at + HEADER_SIZE, size - HEADER_SIZE, level, type, info);
      at += size + 7 & ~7;
    }
    return info;
  }

  /** What has no room for all of its data was cut (MSG_CTRUNC): behind it is what an earlier datagram has left. */
  #readOne(at: number, size: number, level: number, type: number, info: ControlInfo): void {
    const { structs, udp } = this.#libc.layout;
    const { control, socketLevel } = this.#linux;
    // A byte, where all others are an int or more.
    if (level === structs.ipv4Level && type === control.ipv4TrafficClass) {
      if (size > 0) info.trafficClass = this.#bytes[at];
    } else if (size < INT_SIZE) return;
    else if (level === socketLevel && type === control.timestamp) {
      if (size < TIME_SIZE) return;
      info.receivedAt = this.#view.getBigInt64(at, true) * 1_000_000_000n + this.#view.getBigInt64(at + 8, true);
    } else if (level === udp && type === control.joined) {
      info.segmentSize = this.#view.getInt32(at, true);
    } else if (level === structs.ipv4Level) {
      if (type === control.ipv4HopLimit) info.hopLimit = this.#view.getInt32(at, true);
      else if (type === control.ipv4PacketInfo && size >= IPV4_INFO_SIZE) {
        info.interfaceIndex = this.#view.getInt32(at, true);
        info.destination = formatIPv4(this.#bytes, at + 8);
      }
    } else if (level === structs.ipv6Level) {
      if (type === control.ipv6HopLimit) info.hopLimit = this.#view.getInt32(at, true);
      else if (type === control.ipv6TrafficClass) info.trafficClass = this.#view.getInt32(at, true);
      else if (type === control.ipv6PacketInfo && size >= IPV6_INFO_SIZE) {
        info.destination = formatIPv6(this.#bytes, at);
        info.interfaceIndex = this.#view.getUint32(at + 16, true);
      }
    }
  }
}
