/**
 * Many datagrams in one system call (recvmmsg), without waiting; where that is refused, in one each (recvmsg).
 */
import { Buffer } from "node:buffer";
import type { RemoteInfo } from "../../core/backend.ts";
import type { Pointer } from "./calls.ts";
import {
  CONTROL,
  CONTROL_LENGTH,
  FLAGS,
  HEADER_WORDS,
  IOVEC_WORDS,
  LENGTH,
  NAME_LENGTH,
  writeLong,
} from "./message_header.ts";
import { EINTR, INTERRUPTIONS } from "./error_numbers.ts";
import type { SystemCalls } from "./system_calls.ts";
import { addressOf, allocate, type Memory, slice } from "./memory.ts";
import { type ControlInfo, ControlReader } from "./control_messages.ts";
import type { ReceiveBatch } from "./receive_batch.ts";
import { PeerNames } from "./peer_names.ts";

/** The most datagrams that one call takes. */
export const RECEIVE_SLOTS = 32;

const DATA_SIZE = 65536;
/** From one slot to the next: at a power of two the first lines of all would compete for the same few of the cache. */
const DATA_STEP = DATA_SIZE + 33 * 64;
const NAME_SIZE = 32;
const CONTROL_SIZE = 256;
const NOTHING: ControlInfo = {};

/** The memory into which every socket of a thread receives. Messages are copied out before the call returns. */
export class ReceiveMemory {
  /** System calls so far, and messages that the kernel had joined of several datagrams. */
  calls = 0;
  joins = 0;
  readonly #libc: SystemCalls;
  readonly #headers: Int32Array;
  readonly #names: Uint32Array;
  readonly #nameWords: number;
  readonly #data: Buffer;
  readonly #pointer: Pointer;
  readonly #block: Memory;
  readonly #peers: PeerNames;
  readonly #control: ControlReader;

  constructor(libc: SystemCalls) {
    this.#libc = libc;
    const { binding } = libc;
    const vectorsAt = RECEIVE_SLOTS * HEADER_WORDS * 4;
    const namesAt = vectorsAt + RECEIVE_SLOTS * IOVEC_WORDS * 4;
    const controlAt = namesAt + RECEIVE_SLOTS * NAME_SIZE;
    const block = allocate(binding, controlAt + RECEIVE_SLOTS * CONTROL_SIZE);
    const words = new Int32Array(block.bytes.buffer);
    this.#headers = words;
    this.#names = new Uint32Array(block.bytes.buffer);
    this.#nameWords = namesAt / 4;
    this.#peers = new PeerNames(libc.addresses, this.#names);
    this.#control = new ControlReader(libc, block.bytes, controlAt, CONTROL_SIZE);
    this.#pointer = block.pointer;
    this.#block = block;
    const data = allocate(binding, RECEIVE_SLOTS * DATA_STEP).bytes;
    this.#data = Buffer.from(data.buffer);
    const base = addressOf(binding, block.bytes);
    const dataBase = addressOf(binding, data);
    for (let i = 0; i < RECEIVE_SLOTS; i++) {
      const header = i * HEADER_WORDS;
      const vector = vectorsAt / 4 + i * IOVEC_WORDS;
      writeLong(words, header, base + namesAt + i * NAME_SIZE);
      writeLong(words, header + 4, base + vector * 4);
      words[header + 6] = 1;
      writeLong(words, header + CONTROL, base + controlAt + i * CONTROL_SIZE);
      writeLong(words, vector, dataBase + i * DATA_STEP);
      words[vector + 2] = DATA_SIZE;
    }
  }

  /**
   * Takes up to `limit` waiting datagrams, or joined rows of them: how many there were, 0 for none, or an errno.
   *
   * @param together false where recvmmsg is refused
   */
  receive(fd: number, batch: ReceiveBatch, limit: number, together = true): number {
    const slots = Math.min(limit, RECEIVE_SLOTS);
    const controlSize = batch.control === null ? 0 : CONTROL_SIZE;
    const headers = this.#headers;
    for (let i = 0, at = 0; i < slots; i++, at += HEADER_WORDS) {
      headers[at + NAME_LENGTH] = NAME_SIZE;
      headers[at + CONTROL_LENGTH] = controlSize;
    }
    batch.count = 0;
    const count = together ? this.#call(fd, slots) : this.#callEach(fd, slots);
    batch.full = count === slots;
    if (batch.control === null) { for (let i = 0; i < count; i++) this.#take(i, batch); }
    else for (let i = 0; i < count; i++) this.#takeWithControl(i, batch, batch.control);
    return count < 0 ? count : batch.count;
  }

  #take(slot: number, batch: ReceiveBatch): void {
    const header = slot * HEADER_WORDS;
    this.#add(batch, slot, slot * DATA_STEP, lengthIn(this.#headers[header + LENGTH]));
  }

  /** What the kernel joined is told apart again. */
  #takeWithControl(slot: number, batch: ReceiveBatch, controls: ControlInfo[]): void {
    const header = slot * HEADER_WORDS;
    const start = slot * DATA_STEP;
    const length = lengthIn(this.#headers[header + LENGTH]);
    const told = this.#headers[header + CONTROL_LENGTH];
    const control = told === 0 ? NOTHING : this.#control.read(slot, told);
    const step = Math.max(control.segmentSize ?? 0, 0) || length;
    if (step < length) this.joins++;
    let at = 0;
    do {
      controls[batch.count] = control;
      this.#add(batch, slot, start + at, Math.min(step, length - at));
      at += step;
    } while (at < length);
  }

  #add(batch: ReceiveBatch, slot: number, start: number, size: number): void {
    const at = batch.count++;
    batch.data[at] = batch.copy(this.#data, start, size);
    batch.from[at] = this.#remote(slot, size);
    const flags = this.#headers[slot * HEADER_WORDS + FLAGS];
    batch.truncated[at] = (flags & this.#libc.layout.truncated) !== 0;
  }

  #remote(slot: number, size: number): RemoteInfo {
    const at = this.#nameWords + slot * (NAME_SIZE / 4);
    const word = this.#names[at];
    const port = (word >>> 8 & 0xff00) | word >>> 24;
    return (word & 0xffff) === this.#libc.layout.inet
      ? { address: this.#peers.ipv4(at), family: "IPv4", port, size }
      : { address: this.#peers.ipv6(at), family: "IPv6", port, size };
  }

  #callEach(fd: number, slots: number): number {
    const { binding, calls, layout } = this.#libc;
    let left = INTERRUPTIONS;
    for (let i = 0, at = 0; i < slots; i++, at += HEADER_WORDS) {
      const { pointer } = slice(binding, this.#block.bytes, at * 4, HEADER_WORDS * 4);
      let result: number;
      do {
        this.calls++;
        result = calls.recvmsg(fd, pointer, layout.dontWait);
        if (result < 0) result = this.#libc.failure();
      } while (result === -EINTR && left-- > 0);
      if (result < 0) return i > 0 || result === -layout.EAGAIN ? i : result;
      this.#headers[at + LENGTH] = result;
    }
    return slots;
  }

  #call(fd: number, slots: number): number {
    const { calls, layout } = this.#libc;
    for (let left = INTERRUPTIONS;; left--) {
      this.calls++;
      const result = calls.recvmmsg(fd, this.#pointer, slots, layout.dontWait, null);
      if (result >= 0) return Math.min(result, slots);
      const error = this.#libc.failure();
      if (error === -EINTR && left > 0) continue;
      return error === -layout.EAGAIN ? 0 : error;
    }
  }
}

/** What a C library says of a datagram's length, as far as there is room for one: the rest is others' memory. */
function lengthIn(told: number): number {
  return Math.min(Math.max(told, 0), DATA_SIZE);
}
