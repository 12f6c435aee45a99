/** Reads what the kernel keeps of ICMP errors: by recvmsg, one at a time. */
import { Buffer } from "node:buffer";
import type { MessageBuffer } from "../core/backend.ts";
import type { KernelCalls, KernelIcmpError } from "../core/kernel_socket.ts";
import { getErrno } from "../core/errors.ts";
import { ERROR_QUEUE, EXTENDED_ERROR_SIZE, HEADER_SIZE, LINUX, NAME_SIZE, ORIGINS, TIMESTAMP } from "./linux.ts";

/** Where a struct msghdr has them, on 64-bit Linux. */
const HEADER = { name: 0, nameSize: 8, vectors: 16, count: 24, control: 32, controlSize: 40, flags: 48 } as const;

const VECTOR_AT = 64;
const NAME_AT = 96;
const CONTROL_AT = 128;
const CONTROL_SIZE = 512;
/** A name at the end of the control messages is read within the block. */
const DATA_AT = CONTROL_AT + CONTROL_SIZE + 32;
/** An ICMP message brings no more back than fits into the packets that every path takes. */
const DATA_SIZE = 2048;
const INTERRUPTIONS = 100;

const BILLION = 1_000_000_000n;

/** The memory that the sockets of a thread read errors into. */
export class ErrorQueue {
  readonly #libc: KernelCalls;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #pointer: unknown;

  constructor(libc: KernelCalls) {
    this.#libc = libc;
    const bytes = this.#bytes = new Uint8Array(new ArrayBuffer(DATA_AT + DATA_SIZE));
    const view = this.#view = new DataView(bytes.buffer);
    this.#pointer = libc.binding.pointer(bytes);
    const base = libc.binding.address(bytes);
    const point = (at: number, to: number): void => view.setBigUint64(at, base + BigInt(to), true);
    point(HEADER.name, NAME_AT);
    point(HEADER.vectors, VECTOR_AT);
    point(HEADER.control, CONTROL_AT);
    view.setBigUint64(HEADER.count, 1n, true);
    point(VECTOR_AT, DATA_AT);
    view.setBigUint64(VECTOR_AT + 8, BigInt(DATA_SIZE), true);
  }

  /** Takes the oldest: null for what is no ICMP error, or an errno. */
  read(fd: number): KernelIcmpError | null | number {
    const view = this.#view;
    this.#bytes.fill(0, NAME_AT, DATA_AT);
    view.setUint32(HEADER.nameSize, NAME_SIZE, true);
    view.setBigUint64(HEADER.controlSize, BigInt(CONTROL_SIZE), true);
    view.setInt32(HEADER.flags, 0, true);
    const length = this.#call(fd);
    return length < 0 ? length : this.#readMessage(Math.min(length, DATA_SIZE));
  }

  #call(fd: number): number {
    const { calls, layout } = this.#libc;
    for (let left = INTERRUPTIONS;; left--) {
      const result = calls.recvmsg(fd, this.#pointer as never, ERROR_QUEUE | layout.dontWait);
      if (result >= 0) return result;
      const errno = this.#libc.failure();
      if (errno !== getErrno("EINTR") || left === 0) return errno;
    }
  }

  #readMessage(length: number): KernelIcmpError | null {
    const view = this.#view;
    const size = view.getBigUint64(HEADER.controlSize, true);
    const end = CONTROL_AT + (size < CONTROL_SIZE ? Number(size) : CONTROL_SIZE);
    let found = 0;
    let receivedAt: bigint | undefined;
    for (let at = CONTROL_AT; at + HEADER_SIZE <= end;) {
      const size = view.getUint32(at, true);
      if (size < HEADER_SIZE || at + size > end) break;
      const [level, type, data] = [view.getInt32(at + 8, true), view.getInt32(at + 12, true), at + HEADER_SIZE];
      const isWhole = size >= HEADER_SIZE + EXTENDED_ERROR_SIZE;
      if (isWhole && isError(level, type)) found = data;
      else if (isWhole && level === TIMESTAMP.level && type === TIMESTAMP.type) {
        receivedAt = view.getBigInt64(data, true) * BILLION + view.getBigInt64(data + 8, true);
      }
      at += size + 7 & ~7;
    }
    return found === 0 ? null : this.#readError(found, length, receivedAt);
  }

  #readError(at: number, length: number, receivedAt: bigint | undefined): KernelIcmpError | null {
    const bytes = this.#bytes;
    const origin = ORIGINS[bytes[at + 4]];
    if (!origin) return null;
    const errno = -(this.#view.getUint32(at, true) & 0xffff);
    const info = this.#view.getUint32(at + 8, true);
    return {
      origin,
      icmpType: bytes[at + 5],
      icmpCode: bytes[at + 6],
      errno,
      offender: this.#readAddress(at + EXTENDED_ERROR_SIZE),
      address: this.#readAddress(NAME_AT) ?? "",
      port: bytes[NAME_AT + 2] << 8 | bytes[NAME_AT + 3],
      mtu: errno === getErrno("EMSGSIZE") && info > 0 ? info : undefined,
      data: Buffer.from(bytes.slice(DATA_AT, DATA_AT + length).buffer) as MessageBuffer,
      receivedAt,
    };
  }

  /** Undefined for none. It stays within the block, whatever its length is said to be. */
  #readAddress(at: number): string | undefined {
    const name = this.#bytes.subarray(at, at + NAME_SIZE);
    const { addresses } = this.#libc;
    return addresses.family(name) === 0 ? undefined : addresses.read(name);
  }
}

function isError(level: number, type: number): boolean {
  const { 4: ipv4, 6: ipv6 } = LINUX;
  return level === ipv4.level ? type === ipv4.errors : level === ipv6.level && type === ipv6.errors;
}
