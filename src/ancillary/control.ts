/** What is told of one datagram, as the kernel reads it. */
import { isLinkLocal } from "../core/address_text.ts";
import type { DatagramInfo, Family } from "../core/backend.ts";
import type { KernelCalls } from "../core/kernel_socket.ts";
import { getErrno } from "../core/errors.ts";
import { HEADER_SIZE, INT_SIZE, IPV4_AT, IPV6_AT, LINUX, NAME_SIZE, SCOPE_AT } from "./linux.ts";

/** The most that the control messages of a datagram take. */
export const CONTROL_SIZE = 128;

const ECN_BITS = 3;

/** Writes control messages into memory that is this module's own. */
export class ControlWriter {
  readonly #libc: KernelCalls;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #source: Uint8Array = new Uint8Array(NAME_SIZE);
  #at = 0;

  constructor(libc: KernelCalls, bytes: Uint8Array) {
    this.#libc = libc;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * Writes what is told of a datagram from `start` on.
   *
   * @param version what it leaves as, which may be IPv4 from an IPv6 socket
   * @returns how many bytes, or an errno
   */
  write(start: number, fd: number, family: Family, version: Family, info: DatagramInfo): number {
    const numbers = LINUX[version];
    this.#at = start;
    const { source, interfaceIndex, hopLimit, trafficClass, ecn } = info;
    if (source !== undefined || interfaceIndex > 0) {
      const errno = this.#writePacketInfo(family, version, source, Math.max(0, interfaceIndex));
      if (errno < 0) return errno;
    }
    if (hopLimit > 0) this.#writeNumber(numbers.level, numbers.hopLimit, hopLimit);
    if (trafficClass >= 0 || ecn >= 0) {
      const whole = trafficClass >= 0 ? trafficClass : this.#libc.getOption(fd, numbers.level, numbers.trafficClass);
      if (whole < 0) return whole;
      this.#writeNumber(numbers.level, numbers.trafficClass, ecn >= 0 ? whole & ~ECN_BITS | ecn : whole);
    }
    return this.#at - start;
  }

  #writePacketInfo(family: Family, version: Family, source: string | undefined, through: number): number {
    const own = this.#source.fill(0);
    if (source !== undefined) {
      const text = family === 6 && !source.includes(":") ? `::ffff:${source}` : source;
      if (this.#libc.addresses.write(family, text, 0, own) === 0) return getErrno("EINVAL");
      if (family === 6 && isMapped(own) !== (version === 4)) return getErrno("EINVAL");
    }
    const data = this.#start(LINUX[version].level, LINUX[version].packetInfo, LINUX[version].packetInfoSize);
    if (version === 4) {
      this.#view.setUint32(data, through, true);
      const at = family === 4 ? IPV4_AT : IPV6_AT + 12;
      this.#bytes.set(own.subarray(at, at + 4), data + 4);
      this.#bytes.fill(0, data + 8, data + 12);
    } else {
      this.#bytes.set(own.subarray(IPV6_AT, IPV6_AT + 16), data);
      // A link-local address is one of an interface's.
      const scope = isLinkLocal(own, IPV6_AT) ? new DataView(own.buffer).getUint32(SCOPE_AT, true) : 0;
      this.#view.setUint32(data + 16, through || scope, true);
    }
    return 0;
  }

  #writeNumber(level: number, type: number, value: number): void {
    this.#view.setInt32(this.#start(level, type, INT_SIZE), value, true);
  }

  /** Writes a header; answers where its data goes. */
  #start(level: number, type: number, size: number): number {
    const at = this.#at;
    this.#view.setBigUint64(at, BigInt(HEADER_SIZE + size), true);
    this.#view.setInt32(at + 8, level, true);
    this.#view.setInt32(at + 12, type, true);
    this.#at = at + (HEADER_SIZE + size + 7 & ~7);
    return at + HEADER_SIZE;
  }
}

/** True for a sockaddr_in6 that stands for an IPv4 address. */
export function isMapped(name: Uint8Array): boolean {
  for (let i = IPV6_AT; i < IPV6_AT + 10; i++) if (name[i] !== 0) return false;
  return name[IPV6_AT + 10] === 255 && name[IPV6_AT + 11] === 255;
}
