/**
 * A UDP socket by its descriptor: the options, names, connections and batches that a runtime does not offer itself.
 * A result is 0, a value, or a negative errno, as libuv would have it.
 */
import { type AddressInfo, type Datagram, type Family, type Membership, UNAVAILABLE } from "../../core/backend.ts";
import type { KernelSocket } from "../../core/kernel_socket.ts";
import { EBADF, EINVAL } from "./error_numbers.ts";
import { Identity } from "./identity.ts";
import type { IntOption, Layout } from "./layout.ts";
import type { BatchCalls } from "./batch_calls.ts";
import { changeMembership, setMulticastInterface } from "./membership.ts";
import type { ReceiveBatch } from "./receive_batch.ts";
import { RECEIVE_SLOTS } from "./receive_memory.ts";
import { Rows } from "./rows.ts";
import { IPV4_SIZE } from "./socket_addresses.ts";

const MAX_INT = 0x7fffffff;

/**
 * One socket's descriptor. After `close` every call answers -EBADF, and so does it when the number has become another's:
 * a runtime's descriptor is its own to close, and nobody tells.
 */
export class Descriptor implements KernelSocket {
  readonly family: Family;
  readonly #libc: BatchCalls;
  /** What is known of sending many as one message, which the kernel cuts; null has each datagram leave alone. */
  rows: Rows | null;
  readonly #owned: boolean;
  #fd: number;
  readonly #identity: Identity;

  /** An `owned` descriptor is closed by `close`; another is its runtime's, which must close it only after `close`. */
  constructor(libc: BatchCalls, fd: number, family: Family, owned: boolean) {
    this.#libc = libc;
    this.#fd = fd;
    this.family = family;
    this.#owned = owned;
    this.#identity = new Identity(libc, fd);
    this.rows = new Rows(libc);
    libc.held.set(fd, this);
    libc.changes++;
  }

  /** The number, or -1 after `close`. */
  get fd(): number {
    return this.#fd;
  }

  /** The system calls, for who asks what this module has no use for. */
  get libc(): BatchCalls {
    return this.#libc;
  }

  /** What its system calls look like. */
  get layout(): Layout {
    return this.#libc.layout;
  }

  /** The same socket has another number from now on. */
  moveTo(fd: number): void {
    this.#letGo();
    this.#fd = fd;
    this.#libc.held.set(fd, this);
  }

  /** True if the number still stands for this socket. */
  isOurs(): boolean {
    return this.#identity.isAt(this.#fd);
  }

  /** The local end, or an errno. */
  address(): AddressInfo | number {
    return this.isOurs() ? this.#libc.end(this.#libc.localName(this.#fd)) : -EBADF;
  }

  /** The peer's end, or an errno. */
  remoteAddress(): AddressInfo | number {
    return this.isOurs() ? this.#libc.end(this.#libc.peerName(this.#fd)) : -EBADF;
  }

  /**
   * Sends one datagram: 1, 0 if the kernel is full, or an errno. Linux lets one with an address pass the peer: it was
   * sent before the socket was connected, since the core refuses others.
   */
  send(datagram: Datagram): number {
    if (!this.#identity.wasAt(this.#fd)) return -EBADF;
    return this.#libc.sending.sendOne(this.#fd, this.family, datagram);
  }

  /** Sends datagrams[from..to): how many the kernel took, 0 if it is full, or the first's errno. */
  sendBatch(datagrams: readonly Datagram[], from: number, to: number): number {
    if (!this.#identity.wasAt(this.#fd)) return -EBADF;
    const { sending, batches } = this.#libc;
    if (!batches || to - from < 2) return sending.sendEach(this.#fd, this.family, datagrams, from, to);
    // An ICMP error that waits spoils one send: the first datagram's, and not that of a row.
    const error = this.rows !== null && datagrams[from].address === null ? this.#waitingError() : 0;
    return error || sending.send(this.#fd, this.family, datagrams, from, to, this.rows);
  }

  /** Takes up to `limit` waiting datagrams, without waiting: how many there were, or an errno. Linux only. */
  receive(batch: ReceiveBatch, limit: number = RECEIVE_SLOTS): number {
    if (this.#libc.layout.linux === null) return batch.count = 0;
    if (!this.#identity.wasAt(this.#fd)) return -EBADF;
    return this.#libc.receiving.receive(this.#fd, batch, limit, this.#libc.batches);
  }

  /** Connects in the kernel: 0 or an errno. */
  connect(address: string, port: number): number {
    if (!this.isOurs()) return -EBADF;
    const size = this.#libc.addresses.write(this.family, address, port, this.#libc.name.bytes);
    return size === 0 ? -EINVAL : this.#libc.connect(this.#fd, size);
  }

  /** Dissolves the connection: 0 or an errno. */
  disconnect(): number {
    if (!this.isOurs()) return -EBADF;
    const { name, layout } = this.#libc;
    name.bytes.fill(0, 0, IPV4_SIZE);
    if (layout.lengthByte) name.bytes[0] = IPV4_SIZE;
    const result = this.#libc.connect(this.#fd, IPV4_SIZE);
    this.#identity.renamed(this.#fd);
    // A BSD kernel disconnects and answers that it does not know the family, or not such an address (as libuv notes).
    return layout.lengthByte && (result === -layout.EAFNOSUPPORT || result === -EINVAL) ? 0 : result;
  }

  /** An option's value as the kernel has it, or an errno. */
  get(option: IntOption): number {
    const numbers = this.#libc.layout.options[option];
    if (numbers === undefined) return UNAVAILABLE;
    if (!this.isOurs()) return -EBADF;
    const at = this.family === 4 ? 0 : 2;
    return this.#libc.getOption(this.#fd, numbers[at], numbers[at + 1]);
  }

  /** Sets an option: 0 or an errno. */
  set(option: IntOption, value: number): number {
    const numbers = this.#libc.layout.options[option];
    if (numbers === undefined) return UNAVAILABLE;
    if (!accepts(option, value)) return -EINVAL;
    // libuv takes a size of 0 for the question how large the buffer is.
    if (value === 0 && (option === "recvBufferSize" || option === "sendBufferSize")) return 0;
    if (!this.isOurs()) return -EBADF;
    const at = this.family === 4 ? 0 : 2;
    return this.#libc.setOption(this.#fd, numbers[at], numbers[at + 1], value);
  }

  /** Sets an option for IPv4 as well, which an IPv6 socket may carry (`::ffff:192.0.2.1`): 0 or an errno. */
  setForBoth(option: IntOption, value: number): number {
    const numbers = this.#libc.layout.options[option];
    const result = this.set(option, value);
    if (result < 0 || this.family === 4 || numbers === undefined) return result;
    const ofIPv4 = this.#libc.setOption(this.#fd, numbers[0], numbers[1], value);
    // Elsewhere than on Linux an IPv6 socket has no options of IPv4.
    return this.#libc.layout.linux === null ? 0 : ofIPv4;
  }

  /** Chooses the interface of outgoing multicast: 0 or an errno. */
  setMulticastInterface(address: string): number {
    return this.isOurs() ? setMulticastInterface(this.#libc, this.#fd, address) : -EBADF;
  }

  /** Joins a group: 0 or an errno. */
  join(membership: Membership): number {
    return this.isOurs() ? changeMembership(this.#libc, this.#fd, membership, true) : -EBADF;
  }

  /** Leaves a group: 0 or an errno. */
  leave(membership: Membership): number {
    return this.isOurs() ? changeMembership(this.#libc, this.#fd, membership, false) : -EBADF;
  }

  /** Binds the socket to a network device, or to none by "": 0 or an errno. Linux only. */
  bindToDevice(name: string): number {
    const { linux } = this.#libc.layout;
    if (linux === null) return UNAVAILABLE;
    if (!this.isOurs()) return -EBADF;
    const { request } = this.#libc;
    const { read, written } = new TextEncoder().encodeInto(name, request.bytes.subarray(0, 64));
    if (read < name.length) return -EINVAL;
    request.bytes[written] = 0;
    return this.#libc.setStruct(this.#fd, linux.socketLevel, linux.bindToDevice, request, written);
  }

  /** Does without the queue of ICMP errors: only a connected socket hears of them then, as under libuv. Linux only. */
  leaveErrorQueue(): void {
    const { linux, structs } = this.#libc.layout;
    if (linux === null || !this.isOurs()) return;
    this.#libc.setOption(this.#fd, structs.ipv4Level, linux.ipv4ErrorQueue, 0);
    if (this.family === 6) this.#libc.setOption(this.#fd, structs.ipv6Level, linux.ipv6ErrorQueue, 0);
  }

  /** The error that waits on the socket, taken away by asking: 0 or an errno. */
  pendingError(): number {
    return this.isOurs() ? this.#waitingError() : -EBADF;
  }

  /** Forgets the descriptor, and closes it if it is owned. To be called before the runtime closes its own. */
  close(): void {
    if (this.#fd < 0) return;
    if (this.#owned && this.isOurs()) this.#libc.close(this.#fd);
    this.#letGo();
    this.#fd = -1;
  }

  #waitingError(): number {
    const [level, name] = this.#libc.layout.options.error!;
    const error = this.#libc.getOption(this.#fd, level, name);
    return error > 0 ? -error : error;
  }

  #letGo(): void {
    const { held } = this.#libc;
    if (held.get(this.#fd) === this) held.delete(this.#fd);
    this.#libc.changes++;
  }
}

/** True if a descriptor is in use by this module, in this thread. */
export function isHeld(libc: BatchCalls, fd: number): boolean {
  return libc.held.get(fd)?.isOurs() ?? false;
}

function accepts(option: IntOption, value: number): boolean {
  switch (option) {
    case "ttl":
      return value >= 1 && value <= 255;
    case "multicastTTL":
    case "trafficClass":
      return value >= 0 && value <= 255;
    default:
      return value >= 0 && value <= MAX_INT;
  }
}
