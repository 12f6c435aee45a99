/**
 * Sending: one datagram by sendto, from where it lies; many by sendmmsg, packed into memory that is set up once, since
 * copying them there costs less than looking up where each one is, unless they are large.
 */
import type { Datagram, Family } from "../../core/backend.ts";
import { byteLengthOf } from "../../core/bytes.ts";
import { EINTR, EINVAL, INTERRUPTIONS } from "./error_numbers.ts";
import type { SystemCalls } from "./system_calls.ts";
import { allocate } from "./memory.ts";
import type { Pointer } from "./calls.ts";
import { SHORT_SIZE, SHORT_SPACE, writeControlHeader } from "./control_messages.ts";
import { CONTROL, CONTROL_LENGTH, HEADER_WORDS, IOVEC_WORDS, NAME_LENGTH, writePointer } from "./message_header.ts";

const SLOTS = 64;
const NAME_SIZE = 32;
const DATA_SIZE = 256 * 1024;
/** From this size on a datagram is sent from where it lies. */
const LARGE = 16 * 1024;
const NOTHING = new Uint8Array(128);

/** The memory that every socket of a thread sends from. */
export class SendMemory {
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
    this.#dataAddress = Number(binding.address(this.#data));
    const base = Number(binding.address(block.bytes));
    for (let i = 0; i < SLOTS; i++) {
      const header = i * HEADER_WORDS;
      writePointer(this.#headers, header, base + namesAt + i * NAME_SIZE);
      writePointer(this.#headers, header + 4, base + vectorsAt + i * IOVEC_WORDS * 4);
      this.#headers[header + 6] = 1;
      writePointer(this.#headers, header + CONTROL, base + controlsAt + i * SHORT_SPACE);
    }
  }

  /** Sends one datagram: 1, 0 if the kernel is full, or an errno. */
  sendOne(fd: number, family: Family, datagram: Datagram): number {
    // sendto() has no place for a control message.
    if (datagram.segmentSize > 0) return this.send(fd, family, [datagram], 0, 1);
    const { data, address, port } = datagram;
    const { calls, layout } = this.#libc;
    const size = address === null ? 0 : this.#writeName(0, family, address, port);
    if (size === 0 && address !== null) return -EINVAL;
    const length = byteLengthOf(data);
    // A detached buffer has no bytes either, and Node's FFI would throw.
    const bytes = length === 0 ? NOTHING : data;
    for (let left = INTERRUPTIONS;; left--) {
      const result = address === null
        ? calls.send(fd, bytes, length, layout.dontWait)
        : calls.sendto(fd, bytes, length, layout.dontWait, this.#firstName, size);
      if (result >= 0) return 1;
      const error = this.#libc.failure();
      if (error !== -EINTR || left === 0) return this.#full(error) ? 0 : error;
    }
  }

  /** Sends datagrams[from..to) until the kernel takes no more: how many it took, 0 if it is full, or the first's errno. */
  send(fd: number, family: Family, datagrams: readonly Datagram[], from: number, to: number): number {
    let sent = 0;
    while (from + sent < to) {
      const count = this.#fill(family, datagrams, from + sent, to);
      const result = count > 0 ? this.#call(fd, count) : count;
      if (result < 0) return sent > 0 ? sent : result;
      sent += result;
      if (result < count) break;
    }
    return sent;
  }

  /** The same, one by one. */
  sendEach(fd: number, family: Family, datagrams: readonly Datagram[], from: number, to: number): number {
    for (let i = from; i < to; i++) {
      const result = this.sendOne(fd, family, datagrams[i]);
      if (result !== 1) return i > from ? i - from : result;
    }
    return to - from;
  }

  #fill(family: Family, datagrams: readonly Datagram[], from: number, to: number): number {
    const limit = Math.min(to - from, SLOTS);
    let used = 0;
    let count = 0;
    for (; count < limit; count++) {
      const { data, address, port, segmentSize } = datagrams[from + count];
      const length = byteLengthOf(data);
      const isLarge = length >= LARGE;
      if (!isLarge && used + length > DATA_SIZE) break;
      let size = 0;
      if (address !== null) {
        size = this.#writeName(count, family, address, port);
        if (size === 0) return count > 0 ? count : -EINVAL;
      }
      this.#headers[count * HEADER_WORDS + NAME_LENGTH] = size;
      this.#headers[count * HEADER_WORDS + CONTROL_LENGTH] = segmentSize === 0 ? 0 : this.#askToCut(count, segmentSize);
      this.#vectors[count * IOVEC_WORDS + 2] = length;
      if (isLarge) {
        writePointer(this.#vectors, count * IOVEC_WORDS, Number(this.#libc.binding.address(data)));
      } else {
        // Of a typed array it copies what is really there.
        if (length > 0) this.#data.set(data, used);
        writePointer(this.#vectors, count * IOVEC_WORDS, this.#dataAddress + used);
        used += length;
      }
    }
    return count;
  }

  /** Has the kernel cut a slot's bytes into datagrams; answers the length of its control messages. */
  #askToCut(slot: number, segmentSize: number): number {
    const { udp, linux } = this.#libc.layout;
    const at = slot * SHORT_SPACE / 4;
    this.#controls[writeControlHeader(this.#controls, at, SHORT_SIZE, udp, linux!.control.cut)] = segmentSize;
    return SHORT_SPACE;
  }

  #writeName(slot: number, family: Family, address: string, port: number): number {
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
    const size = this.#libc.addresses.write(family, address, port, name);
    this.#addresses[slot] = size > 0 && !address.includes("%") ? address : null;
    this.#ports[slot] = port;
    this.#families[slot] = family;
    this.#sizes[slot] = size;
    return size;
  }

  #call(fd: number, count: number): number {
    for (let left = INTERRUPTIONS;; left--) {
      const result = this.#libc.calls.sendmmsg(fd, this.#pointer, count, this.#libc.layout.dontWait);
      if (result >= 0) return result;
      const error = this.#libc.failure();
      if (error !== -EINTR || left === 0) return this.#full(error) ? 0 : error;
    }
  }

  #full(error: number): boolean {
    return error === -this.#libc.layout.EAGAIN || error === -this.#libc.layout.ENOBUFS;
  }
}
