/** What a socket's receive buffer holds, counted as Linux counts it. */
import type { Interface } from "./interfaces.ts";
import type { Family } from "../core/backend.ts";
import { headersOf, type Packet } from "./packet.ts";

/** SOCK_MIN_RCVBUF and SOCK_MIN_SNDBUF. */
const LEAST = { recvBufferSize: 2304, sendBufferSize: 4608 } as const;
/** net.core.rmem_default and rmem_max, wmem_default and wmem_max. */
const DEFAULT = 212_992;

/** The size that the kernel makes of the one that is asked for: twice as much, for what it keeps beside the data. */
export function grantedSize(option: keyof typeof LEAST, asked: number): number {
  return Math.max(LEAST[option], 2 * Math.min(asked, DEFAULT));
}

export const DEFAULT_BUFFER_SIZE: number = DEFAULT;

const RECORD = 256;
const SHARED_INFO = 320;
const SMALL_HEAD = 576;
const LARGEST_LINEAR = 16_384;

/** What is before the UDP header of a packet, and the room for a link's header. */
const BEFORE_UDP = { 4: 51, 6: 64 } as const;
/** The same without what is for alignment alone. */
const USED = { 4: 36, 6: 64 } as const;
const UDP_HEADER = 8;

/**
 * What a datagram takes of a receive buffer: memory comes in a small size, in powers of two, and for large ones in pages.
 * Measured on Linux 6.18, over the loopback interface, for 0 to 65,507 bytes, and over links of 1280 to 9000 bytes.
 */
export function truesizeOf({ family, data: { length }, mtu }: Packet): number {
  const payload = length + UDP_HEADER;
  if (length + headersOf(family) <= mtu) return RECORD + memoryOf(payload, family);
  // Each but the last is a multiple of eight; an IPv6 one has a header more.
  const most = (mtu - (family === 4 ? 20 : 48)) & ~7;
  const memory = memoryOf(most, family);
  let size = RECORD + memory;
  // Linux copies the next ones behind the first, as long as they have room there.
  let room = memory > LARGEST_LINEAR ? 0 : memory - SHARED_INFO - USED[family] - most;
  for (let left = payload - most; left > 0; left -= most) {
    const own = Math.min(left, most);
    if (own <= room) room -= own;
    else {
      room = 0;
      size += RECORD + memoryOf(own, family);
    }
  }
  return size;
}

/** That of an IP packet's payload. */
function memoryOf(payload: number, family: Family): number {
  const linear = (payload + BEFORE_UDP[family] + 63 & ~63) + SHARED_INFO;
  if (linear <= SMALL_HEAD) return SMALL_HEAD;
  if (linear > LARGEST_LINEAR) return SMALL_HEAD + payload - UDP_HEADER;
  let size = 1024;
  while (size < linear) size *= 2;
  return size;
}

/** A packet that was received, and how. */
export interface Received {
  readonly packet: Packet;
  readonly through: Interface;
  readonly hopLimit: number;
  readonly trafficClass: number;
  /** Tenths of a microsecond. */
  readonly time: number;
  /** Other sockets have its bytes, too. */
  readonly shared: boolean;
}

/**
 * First in, first out, up to a number of bytes. It is a base of sockets rather than a part of each: there may be very many, and
 * what is one object is together in memory.
 */
export abstract class ReceiveBuffer {
  /** What is taken next. */
  #first: Received | null = null;
  /** What comes behind it, once there has been anything: most buffers have one datagram at most. */
  #others: Received[] | null = null;
  #next = 0;
  #used = 0;
  /** How many found no room. */
  protected dropped = 0;
  protected recvBufferSize: number = DEFAULT;

  protected get isEmpty(): boolean {
    return this.#first === null;
  }

  /** How many wait. */
  protected get waiting(): number {
    if (this.#first === null) return 0;
    return this.#others === null ? 1 : 1 + this.#others.length - this.#next;
  }

  /** Bytes, as they are counted. */
  protected get used(): number {
    return this.#used;
  }

  /** What has not been taken. */
  protected left(): readonly Received[] {
    return this.#first === null ? [] : [this.#first, ...this.#others?.slice(this.#next) ?? []];
  }

  /** False if there is no room. */
  protected hold(received: Received): boolean {
    const size = truesizeOf(received.packet);
    // One that is empty takes any: its socket could be told of nothing longer otherwise.
    if (this.#used > 0 && this.#used + size > this.recvBufferSize) {
      this.dropped++;
      return false;
    }
    this.#used += size;
    if (this.#first === null) this.#first = received;
    else (this.#others ??= []).push(received);
    return true;
  }

  protected take(): Received {
    const received = this.#first!;
    this.#used -= truesizeOf(received.packet);
    this.#first = this.#takeOther();
    return received;
  }

  protected empty(): void {
    this.#first = this.#others = null;
    this.#next = this.#used = 0;
  }

  #takeOther(): Received | null {
    const others = this.#others;
    if (others === null) return null;
    if (this.#next === others.length) {
      // V8 gives the memory of an emptied array back.
      if (this.#next > 0) others.length = this.#next = 0;
      return null;
    }
    const other = others[this.#next++];
    if (this.#next >= 1024) {
      others.splice(0, this.#next);
      this.#next = 0;
    }
    return other;
  }
}
