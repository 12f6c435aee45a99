/**
 * System calls on descriptors. A result is 0, a value, or a negative errno; nothing throws.
 */
import type { AddressInfo, Family } from "../../core/backend.ts";
import type { Binding, Calls } from "./calls.ts";
import { EINTR, EINVAL, ENOENT, INTERRUPTIONS } from "./error_numbers.ts";
import type { Layout } from "./layout.ts";
import { allocate, type Memory, slice } from "./memory.ts";
import { SocketAddresses } from "./socket_addresses.ts";

/** The C library as one runtime gives it, with the memory that its calls share: they never wait and never nest. */
export class SystemCalls {
  readonly binding: Binding;
  readonly calls: Calls;
  readonly layout: Layout;
  readonly addresses: SocketAddresses;
  /** A sockaddr_storage. */
  readonly name: Memory;
  /** A membership's request. */
  readonly request: Memory;
  /** Descriptors in use by this module, by their number. */
  readonly held: Map<number, { isOurs(): boolean }> = new Map();
  /** Where it is no epoll that wakes the runtime while libc receives: opens what does. See `bell.ts`. */
  openBell: ((libc: SystemCalls) => number) | null = null;
  /** True if the kernel has a number for each socket, as the self-test found. */
  hasCookies = false;
  /** How often this module has opened, moved or closed a descriptor. */
  changes = 0;
  readonly #value: Memory;
  readonly #length: Memory;

  constructor(binding: Binding, layout: Layout) {
    this.binding = binding;
    this.calls = binding.calls;
    this.layout = layout;
    const block = allocate(binding, 1024).bytes;
    this.#value = slice(binding, block, 0, 8);
    this.#length = slice(binding, block, 8, 4);
    this.name = slice(binding, block, 64, 128);
    this.request = slice(binding, block, 256, 320);
    this.addresses = new SocketAddresses(this.calls, layout, slice(binding, block, 640, 64));
  }

  /**
   * The errno of the call that just failed, negative. It is read by a call of its own, and what the runtime does between
   * (its compiler, its collector, the allocator) may leave another. No socket says that a file is not there: the call is to
   * be made again.
   */
  failure(): number {
    const errno = this.binding.errno();
    return -(errno === ENOENT ? EINTR : errno);
  }

  /** A UDP socket that is bound to nothing, is closed on exec and does not wait; or an errno. */
  socket(family: Family): number {
    const { calls, layout: { inet, inet6, datagram, descriptors } } = this;
    const fd = calls.socket(family === 4 ? inet : inet6, datagram | descriptors.socketFlags, 0);
    if (fd < 0) return this.failure();
    if (descriptors.socketFlags === 0) {
      calls.fcntl(fd, descriptors.setDescriptorFlags, descriptors.closeOnExec);
      calls.fcntl(fd, descriptors.setStatusFlags, descriptors.nonBlocking);
    }
    return fd;
  }

  /** An int option's value. None is negative but for an IPv6 socket's TTL on macOS, before it is set. */
  getOption(fd: number, level: number, name: number): number {
    this.#length.view.setUint32(0, 4, true);
    if (this.calls.getsockopt(fd, level, name, this.#value.pointer, this.#length.pointer) < 0) return this.failure();
    return this.#value.view.getInt32(0, true);
  }

  setOption(fd: number, level: number, name: number, value: number): number {
    this.#value.view.setInt32(0, value, true);
    return this.calls.setsockopt(fd, level, name, this.#value.pointer, 4) < 0 ? this.failure() : 0;
  }

  /** Sets an option whose value stands in `memory`. */
  setStruct(fd: number, level: number, name: number, memory: Memory, size: number): number {
    return this.calls.setsockopt(fd, level, name, memory.pointer, size) < 0 ? this.failure() : 0;
  }

  /** The socket's own number, unique until the machine restarts; null where there is none. */
  cookie(fd: number): bigint | null {
    const linux = this.layout.linux;
    if (linux === null) return null;
    this.#length.view.setUint32(0, 8, true);
    const result = this.calls.getsockopt(
      fd,
      linux.socketLevel,
      linux.cookie,
      this.#value.pointer,
      this.#length.pointer,
    );
    return result < 0 ? null : this.#value.view.getBigUint64(0, true);
  }

  /** A UDP socket's family, and its port in the low 16 bits; 0 for what is none. */
  nameAsNumber(fd: number): number {
    const [level, name] = this.layout.options.type ?? [0, 0];
    if (this.getOption(fd, level, name) !== this.layout.datagram || this.localName(fd) < 0) return 0;
    const { bytes } = this.name;
    return this.addresses.family(bytes) << 16 | bytes[2] << 8 | bytes[3];
  }

  /** True for a UDP socket's descriptor; on macOS for every datagram socket of the Internet's. */
  isUDP(fd: number): boolean {
    const linux = this.layout.linux;
    if (linux === null) return this.nameAsNumber(fd) >> 16 !== 0;
    return this.getOption(fd, linux.socketLevel, linux.protocol) === this.layout.udp;
  }

  /** Puts the local end into `name`. */
  localName(fd: number): number {
    this.#length.view.setUint32(0, this.name.bytes.length, true);
    return this.calls.getsockname(fd, this.name.pointer, this.#length.pointer) < 0 ? this.failure() : 0;
  }

  /** The length of what a call has put into `name`. */
  get nameLength(): number {
    return this.#length.view.getUint32(0, true);
  }

  /** Puts the peer's end into `name`. */
  peerName(fd: number): number {
    this.#length.view.setUint32(0, this.name.bytes.length, true);
    return this.calls.getpeername(fd, this.name.pointer, this.#length.pointer) < 0 ? this.failure() : 0;
  }

  /** The end that stands in `name`, if `result` says that it was put there. */
  end(result: number): AddressInfo | number {
    if (result < 0) return result;
    const { bytes } = this.name;
    const family = this.addresses.family(bytes);
    if (family === 0) return -EINVAL;
    return {
      address: this.addresses.read(bytes),
      family: family === 4 ? "IPv4" : "IPv6",
      port: bytes[2] << 8 | bytes[3],
    };
  }

  /** Binds to what stands in `name`. */
  bind(fd: number, size: number): number {
    return this.calls.bind(fd, this.name.pointer, size) < 0 ? this.failure() : 0;
  }

  /** Connects to what stands in `name`. */
  connect(fd: number, size: number): number {
    for (let left = INTERRUPTIONS; this.calls.connect(fd, this.name.pointer, size) < 0; left--) {
      const error = this.failure();
      if (error !== -EINTR || left === 0) return error;
    }
    return 0;
  }

  close(fd: number): number {
    this.changes++;
    // Linux has released the descriptor even when close() was interrupted: never repeat it.
    return this.calls.close(fd) < 0 ? this.failure() : 0;
  }
}
