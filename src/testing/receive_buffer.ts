/** What a socket's receive buffer holds, counted as Linux counts it. */
import type { Interface } from "./interfaces.ts";
import type { Packet } from "./packet.ts";

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

/**
 * What a datagram takes of a receive buffer: memory comes in a small size, in powers of two, and for large ones in pages.
 * Measured on Linux 6.18, over the loopback interface, for 0 to 65,507 bytes.
 */
export function truesizeOf({ family, data: { length } }: Packet): number {
  const head = length + (family === 4 ? 59 : 72);
  const linear = (head + 63 & ~63) + SHARED_INFO;
  if (linear <= SMALL_HEAD) return RECORD + SMALL_HEAD;
  if (linear > LARGEST_LINEAR) return RECORD + SMALL_HEAD + length;
  let size = 1024;
  while (size < linear) size *= 2;
  return RECORD + size;
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

/** First in, first out, up to a number of bytes. */
export class ReceiveBuffer {
  size: number = DEFAULT;
  #used = 0;
  #items: Received[] = [];
  #next = 0;

  get length(): number {
    return this.#items.length - this.#next;
  }

  /** Bytes, as they are counted. */
  get used(): number {
    return this.#used;
  }

  /** What has not been taken. */
  left(): readonly Received[] {
    return this.#items.slice(this.#next);
  }

  /** False if there is no room. */
  add(received: Received): boolean {
    const size = truesizeOf(received.packet);
    if (this.#used + size > this.size) return false;
    this.#used += size;
    this.#items.push(received);
    return true;
  }

  take(): Received {
    const received = this.#items[this.#next++];
    this.#used -= truesizeOf(received.packet);
    if (this.#next === this.#items.length) this.#items.length = this.#next = 0;
    else if (this.#next >= 1024) {
      this.#items.splice(0, this.#next);
      this.#next = 0;
    }
    return received;
  }

  clear(): void {
    this.#items = [];
    this.#next = this.#used = 0;
  }
}
