/** Sends datagrams of which the kernel is told more than bytes and an end: by sendmmsg, up to sixteen in one call. */
import type { Family } from "../core/backend.ts";
import type { KernelCalls } from "../core/kernel_socket.ts";
import { byteLengthOf } from "../core/bytes.ts";
import { getErrno } from "../core/errors.ts";
import { CONTROL_SIZE, ControlWriter, isMapped } from "./control.ts";
import type { InformedDatagram } from "./informed_datagram.ts";
import { NAME_SIZE } from "./linux.ts";

const SLOTS = 16;
/** The sizes of a struct mmsghdr and of a struct iovec on 64-bit Linux, and the room of a name. */
const HEADER_SIZE = 64;
const VECTOR_SIZE = 16;
const NAME_ROOM = 32;
/** As long as any datagram: one at least has room. */
const DATA_SIZE = 64 * 1024;
const INTERRUPTIONS = 100;

/** The memory that the sockets of a thread send from. */
export class InformedSender {
  readonly #libc: KernelCalls;
  readonly #view: DataView;
  readonly #names: Uint8Array[];
  readonly #data: Uint8Array;
  readonly #dataAddress: bigint;
  readonly #pointer: unknown;
  readonly #controls: ControlWriter;

  constructor(libc: KernelCalls) {
    this.#libc = libc;
    const vectorsAt = SLOTS * HEADER_SIZE;
    const namesAt = vectorsAt + SLOTS * VECTOR_SIZE;
    const controlsAt = namesAt + SLOTS * NAME_ROOM;
    const block = new Uint8Array(new ArrayBuffer(controlsAt + SLOTS * CONTROL_SIZE));
    this.#data = new Uint8Array(new ArrayBuffer(DATA_SIZE));
    this.#pointer = libc.binding.pointer(block);
    this.#dataAddress = libc.binding.address(this.#data);
    this.#view = new DataView(block.buffer);
    this.#controls = new ControlWriter(libc, block.subarray(controlsAt));
    this.#names = [];
    const base = libc.binding.address(block);
    for (let i = 0; i < SLOTS; i++) {
      const header = i * HEADER_SIZE;
      this.#names.push(block.subarray(namesAt + i * NAME_ROOM, namesAt + i * NAME_ROOM + NAME_SIZE));
      this.#view.setBigUint64(header, base + BigInt(namesAt + i * NAME_ROOM), true);
      this.#view.setBigUint64(header + 16, base + BigInt(vectorsAt + i * VECTOR_SIZE), true);
      this.#view.setBigUint64(header + 24, 1n, true);
      this.#view.setBigUint64(header + 32, base + BigInt(controlsAt + i * CONTROL_SIZE), true);
    }
  }

  /**
   * Sends datagrams[from..to) until the kernel takes no more: how many it took, 0 if it is full, or the first's errno.
   *
   * @param peerVersion what goes to the connected peer leaves as
   */
  send(
    fd: number,
    family: Family,
    peerVersion: Family,
    datagrams: readonly InformedDatagram[],
    from: number,
    to: number,
  ): number {
    let at = from;
    while (at < to) {
      const count = this.#fill(fd, family, peerVersion, datagrams, at, to);
      const result = count > 0 ? this.#call(fd, count) : count;
      if (result < 0) {
        if (at > from) break;
        return result === getErrno("EAGAIN") || result === getErrno("ENOBUFS") ? 0 : result;
      }
      at += result;
      if (result < count) break;
    }
    return at - from;
  }

  /** Puts datagrams into messages, as far as there is room: how many, or the errno of the first. */
  #fill(
    fd: number,
    family: Family,
    peerVersion: Family,
    datagrams: readonly InformedDatagram[],
    from: number,
    to: number,
  ): number {
    let used = 0;
    let count = 0;
    for (let i = from; i < to && count < SLOTS; i++) {
      const { data, address, port, sendInfo: info } = datagrams[i];
      const length = byteLengthOf(data);
      if (length > DATA_SIZE) return count || getErrno("EMSGSIZE");
      if (used + length > DATA_SIZE) break;
      const name = this.#names[count];
      const nameSize = address === null ? 0 : this.#libc.addresses.write(family, address, port, name);
      if (address !== null && nameSize === 0) return count || getErrno("EINVAL");
      const version = address === null ? peerVersion : family === 6 && isMapped(name) ? 4 : family;
      const controlSize = this.#controls.write(count * CONTROL_SIZE, fd, family, version, info);
      if (controlSize < 0) return count || controlSize;
      const header = count * HEADER_SIZE;
      this.#view.setUint32(header + 8, nameSize, true);
      this.#view.setBigUint64(header + 40, BigInt(controlSize), true);
      const vector = SLOTS * HEADER_SIZE + count * VECTOR_SIZE;
      this.#view.setBigUint64(vector, this.#dataAddress + BigInt(used), true);
      this.#view.setBigUint64(vector + 8, BigInt(length), true);
      if (length > 0) this.#data.set(data, used);
      used += length;
      count++;
    }
    return count;
  }

  #call(fd: number, count: number): number {
    const { calls, layout, sending } = this.#libc;
    for (let left = INTERRUPTIONS;; left--) {
      sending.calls++;
      const result = calls.sendmmsg(fd, this.#pointer as never, count, layout.dontWait);
      if (result >= 0) return Math.min(result, count);
      const errno = this.#libc.failure();
      if (errno !== getErrno("EINTR") || left === 0) return errno;
    }
  }
}
