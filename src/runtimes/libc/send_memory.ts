/**
 * Sending: one datagram by sendto, from where it lies; many by sendmmsg, packed into memory that is set up once, since
 * copying them there costs less than looking up where each one is, unless they are large. So the datagrams of a row
 * lie one behind the other, and the kernel has one part to look at.
 */
import type { Datagram, Family } from "../../core/backend.ts";
import { byteLengthOf } from "../../core/bytes.ts";
import { EINTR, EINVAL, INTERRUPTIONS } from "./error_numbers.ts";
import type { Rows } from "./rows.ts";
import type { SystemCalls } from "./system_calls.ts";
import { addressOf, allocate } from "./memory.ts";
import type { Pointer } from "./calls.ts";
import { SHORT_SIZE, SHORT_SPACE, writeControlHeader } from "./control_messages.ts";
import { CONTROL, CONTROL_LENGTH, HEADER_WORDS, IOVEC_WORDS, NAME_LENGTH, writeLong } from "./message_header.ts";

const SLOTS = 64;
const NAME_SIZE = 32;
const DATA_SIZE = 256 * 1024;
/** From this size on a datagram is sent from where it lies. */
const LARGE = 16 * 1024;
const NOTHING = new Uint8Array(128);
/** What a message holds at the most, headers counted: IPv6 does not count its own elsewhere. */
const LONGEST = { 4: 65_535 - 20 - 8, 6: 65_535 - 40 - 8 };

/** The memory that every socket of a thread sends from. */
export class SendMemory {
  /** System calls so far, and messages of several datagrams that the kernel took. */
  calls = 0;
  rows = 0;
  readonly #libc: SystemCalls;
  readonly #headers: Int32Array;
  readonly #vectors: Int32Array;
  readonly #controls: Int32Array;
  readonly #names: Uint8Array[];
  readonly #data: Uint8Array;
  readonly #dataAddress: number;
  readonly #pointer: Pointer;
  readonly #firstName: Pointer;
  // What a slot's name holds already, so that a burst to one peer writes it once.
  readonly #addresses: (string | null)[] = new Array(SLOTS).fill(null);
  readonly #ports: Int32Array = new Int32Array(SLOTS);
  readonly #families: Int32Array = new Int32Array(SLOTS);
  readonly #sizes: Int32Array = new Int32Array(SLOTS);
  /** How many datagrams each message has. */
  readonly #counts: Int32Array = new Int32Array(SLOTS);

  constructor(libc: SystemCalls) {
    this.#libc = libc;
    const { binding } = libc;
    const vectorsAt = SLOTS * HEADER_WORDS * 4;
    const namesAt = vectorsAt + SLOTS * IOVEC_WORDS * 4;
    const controlsAt = namesAt + SLOTS * NAME_SIZE;
    const block = allocate(binding, controlsAt + SLOTS * SHORT_SPACE);
    this.#headers = new Int32Array(block.bytes.buffer, 0, SLOTS * HEADER_WORDS);
    this.#vectors = new Int32Array(block.bytes.buffer, vectorsAt, SLOTS * IOVEC_WORDS);
    this.#controls = new Int32Array(block.bytes.buffer, controlsAt, SLOTS * SHORT_SPACE / 4);
    this.#names = Array.from(
      { length: SLOTS },
      (_, i) => block.bytes.subarray(namesAt + i * NAME_SIZE, namesAt + (i + 1) * NAME_SIZE),
    );
    this.#pointer = block.pointer;
    this.#firstName = binding.pointer(this.#names[0]);
    this.#data = allocate(binding, DATA_SIZE).bytes;
    this.#dataAddress = addressOf(binding, this.#data);
    const base = addressOf(binding, block.bytes);
    for (let i = 0; i < SLOTS; i++) {
      const header = i * HEADER_WORDS;
      writeLong(this.#headers, header, base + namesAt + i * NAME_SIZE);
      writeLong(this.#headers, header + 4, base + vectorsAt + i * IOVEC_WORDS * 4);
      this.#headers[header + 6] = 1;
      writeLong(this.#headers, header + CONTROL, base + controlsAt + i * SHORT_SPACE);
    }
  }

  /** Sends one datagram: 1, 0 if the kernel is full, or an errno. */
  sendOne(fd: number, family: Family, datagram: Datagram): number {
    // sendto() has no place for a control message.
    if (datagram.segmentSize > 0) return this.send(fd, family, [datagram], 0, 1);
    const { data, address, port } = datagram;
    const { calls, layout } = this.#libc;
    const size = this.#writeName(0, family, address, port);
    if (size < 0) return size;
    const length = byteLengthOf(data);
    // A detached buffer has no bytes either, and Node's FFI would throw.
    const bytes = length === 0 ? NOTHING : data;
    for (let left = INTERRUPTIONS;; left--) {
      this.calls++;
      const result = address === null
        ? calls.send(fd, bytes, length, layout.dontWait)
        : calls.sendto(fd, bytes, length, layout.dontWait, this.#firstName, size);
      if (result >= 0) return 1;
      const error = this.#libc.failure();
      if (error !== -EINTR || left === 0) return this.#full(error) ? 0 : error;
    }
  }

  /**
   * Sends datagrams[from..to) until the kernel takes no more: how many it took, 0 if it is full, or the first's errno.
   *
   * @param rows null if each has to leave as a message of its own
   */
  send(
    fd: number,
    family: Family,
    datagrams: readonly Datagram[],
    from: number,
    to: number,
    rows: Rows | null = null,
  ): number {
    let at = from;
    while (at < to) {
      const count = this.#fill(family, datagrams, at, to, rows);
      const result = count > 0 ? this.#call(fd, count) : count;
      if (result < 0) {
        if (count > 0 && this.#counts[0] > 1 && result !== -this.#libc.layout.EAGAIN) {
          // What refuses a row may let its datagrams pass, or tells of each what is wrong: the next round has them alone.
          const isTooLong = result === -EINVAL || result === -this.#libc.layout.EMSGSIZE;
          rows!.refused(isTooLong ? byteLengthOf(datagrams[at].data) : 0);
          continue;
        }
        return at > from ? at - from : this.#full(result) ? 0 : result;
      }
      for (let i = 0; i < result; i++) {
        at += this.#counts[i];
        if (this.#counts[i] > 1) this.rows++;
      }
      if (result < count) break;
    }
    return at - from;
  }

  /** The same, one by one. */
  sendEach(fd: number, family: Family, datagrams: readonly Datagram[], from: number, to: number): number {
    for (let i = from; i < to; i++) {
      const result = this.sendOne(fd, family, datagrams[i]);
      if (result !== 1) return i > from ? i - from : result;
    }
    return to - from;
  }

  /** Puts datagrams[from..to) into messages, as far as there is room: how many messages, or the errno of the first. */
  #fill(family: Family, datagrams: readonly Datagram[], from: number, to: number, rows: Rows | null): number {
    const end = Math.min(to, from + SLOTS);
    let used = 0;
    let count = 0;
    // What the last message may go on with: datagrams of up to so many bytes to where that goes.
    let size = 0;
    let toAddress: string | null = null;
    let toPort = 0;
    for (let i = from; i < end; i++) {
      const { data, address, port, segmentSize } = datagrams[i];
      const length = byteLengthOf(data);
      const isLarge = length >= LARGE;
      if (!isLarge && used + length > DATA_SIZE) break;
      const goesOn = port === toPort && length <= size && length > 0 && !segmentSize && address === toAddress;
      if (goesOn && this.#goOn(count - 1, family, size, length, rows!)) {
        if (length < size) size = 0;
      } else {
        const nameSize = this.#writeName(count, family, address, port);
        if (nameSize < 0) return count > 0 ? count : nameSize;
        const start = isLarge ? addressOf(this.#libc.binding, data) : this.#dataAddress + used;
        writeLong(this.#vectors, count * IOVEC_WORDS, start);
        writeLong(this.#vectors, count * IOVEC_WORDS + 2, length);
        this.#headers[count * HEADER_WORDS + NAME_LENGTH] = nameSize;
        this.#cut(count, segmentSize);
        this.#counts[count++] = 1;
        size = rows && !isLarge && !segmentSize ? length : 0;
        toAddress = address;
        toPort = port;
      }
      if (isLarge) continue;
      // Of a typed array it copies what is really there.
      if (length > 0) this.#data.set(data, used);
      used += length;
    }
    return count;
  }

  /** Has the message of a slot, whose datagrams are of `size` bytes, go on with another, if that may be. */
  #goOn(slot: number, family: Family, size: number, length: number, rows: Rows): boolean {
    const at = slot * IOVEC_WORDS + 2;
    const all = this.#vectors[at] + length;
    if (all > LONGEST[family]) return false;
    if (this.#counts[slot] === 1) {
      if (!rows.take(size)) return false;
      this.#cut(slot, size);
    }
    this.#counts[slot]++;
    this.#vectors[at] = all;
    return true;
  }

  /** Has the kernel cut a slot's bytes into datagrams of so many bytes, or by 0 send them as one. */
  #cut(slot: number, segmentSize: number): void {
    let space = 0;
    if (segmentSize) {
      space = SHORT_SPACE;
      const { udp, linux } = this.#libc.layout;
      const place = writeControlHeader(this.#controls, slot * space / 4, SHORT_SIZE, udp, linux!.control.cut);
      this.#controls[place] = segmentSize;
    }
    this.#headers[slot * HEADER_WORDS + CONTROL_LENGTH] = space;
  }

  /** The size of a destination's name: 0 for the peer, -EINVAL for what is no address. */
  #writeName(slot: number, family: Family, address: string | null, port: number): number {
    if (address === null) return 0;
    const name = this.#names[slot];
    if (this.#addresses[slot] === address && this.#families[slot] === family) {
      if (this.#ports[slot] !== port) {
        this.#ports[slot] = port;
        // The same place in every sockaddr, in network order.
        name[2] = port >> 8;
        name[3] = port;
      }
      return this.#sizes[slot];
    }
    const size = this.#libc.addresses.write(family, address, port, name) || -EINVAL;
    this.#addresses[slot] = size > 0 && !address.includes("%") ? address : null;
    this.#ports[slot] = port;
    this.#families[slot] = family;
    return this.#sizes[slot] = size;
  }

  #call(fd: number, count: number): number {
    for (let left = INTERRUPTIONS;; left--) {
      this.calls++;
      const result = this.#libc.calls.sendmmsg(fd, this.#pointer, count, this.#libc.layout.dontWait);
      if (result >= 0) return Math.min(result, count);
      const error = this.#libc.failure();
      if (error !== -EINTR || left === 0) return error;
    }
  }

  #full(error: number): boolean {
    return error === -this.#libc.layout.EAGAIN || error === -this.#libc.layout.ENOBUFS;
  }
}
