import type { Buffer } from "node:buffer";
import { isIPv6 } from "../core/ip.ts";
import {
  type AddressInfo,
  type Datagram,
  type Handle,
  type Host,
  type KernelOptions,
  type Membership,
  type NumericOption,
  UNAVAILABLE,
} from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import { canonicalPeer } from "../core/numeric_address.ts";
import { type IcmpErrors, icmpErrors } from "./bun_icmp.ts";
import { type BunParking, park } from "./bun_parking.ts";
import { probeRoute, scopeOf, withScope } from "./bun_route.ts";
import type { BunError, BunHandlers, BunNamespace, BunSocket } from "./bun_types.ts";
import { DescriptorOptions } from "./descriptor_options.ts";
import { attempt, errnoOf } from "./errno.ts";
import { FairHost } from "./fair_host.ts";
import { KeepAliveWhilePaused } from "./keep_alive.ts";
import { Descriptor } from "./libc/descriptor.ts";
import type { Libc } from "./libc/libc.ts";

/** Each ICMP message spoils one later send at most; more than one can arrive between two attempts. */
const ATTEMPTS = 4;

/**
 * A socket of `Bun.udpSocket`. Where libc is there, it sets the options and connects, on the socket's descriptor; with
 * the queue of ICMP errors left, which Bun 1.4.5 enters, none of them spoils a send any more.
 */
export class BunHandle implements Handle {
  readonly deferred = false;
  readonly #bun: BunNamespace;
  readonly #host: Host;
  readonly #icmp: IcmpErrors = icmpErrors();
  readonly #libc: Libc | null;
  #kernel: Descriptor | null = null;
  #socket!: BunSocket;
  #local!: AddressInfo;
  /** The kernel has chosen a port by then, if the descriptor that was adopted had none. */
  #hasSent = false;
  /** How a socket is closed that is part of something else. */
  #release: (() => void) | undefined;
  #closed = false;
  #referenced = true;
  #full = false;
  #parking: BunParking | null = null;
  readonly #keepAlive = new KeepAliveWhilePaused();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The emulated connection. */
  #peer: { readonly address: string; readonly port: number; readonly local: string } | null = null;
  /** ICMP errors that a system call has told already, and that Bun will tell again from the socket's error queue. */
  #told = 0;
  /** Filled anew by each batch. */
  readonly #flat: (Uint8Array | number | string)[] = [];

  constructor(bun: BunNamespace, libc: Libc | null, host: Host) {
    this.#bun = bun;
    this.#libc = libc;
    this.#host = new FairHost(host);
  }

  /** What Bun is to call. */
  get handlers(): BunHandlers {
    return {
      data: (_socket, data, port, address) => this.#received(data, port, address),
      drain: () => this.#drained(),
      error: (error) => this.#failed(error),
    };
  }

  /** Takes the socket that was opened with these handlers. */
  start(socket: BunSocket, requested: string, release?: () => void): this {
    this.#socket = socket;
    this.#release = release;
    this.#local = { address: requested, family: isIPv6(requested) ? "IPv6" : "IPv4", port: 0 };
    if (this.#libc !== null) {
      this.#kernel = new Descriptor(this.#libc, socket.fd, isIPv6(requested) ? 6 : 4, false);
      this.#kernel.leaveErrorQueue();
    }
    if (socket.port !== 0) this.#readLocal();
    return this;
  }

  get queueSize(): number {
    return 0;
  }

  get queueCount(): number {
    return 0;
  }

  address(): AddressInfo | number {
    if (this.#kernel !== null) return this.#kernel.address();
    if (this.#local.port === 0 && this.#hasSent) this.#readLocal();
    return { ...this.#local, address: this.#peer?.local ?? this.#local.address };
  }

  remoteAddress(): AddressInfo | number {
    if (this.#kernel !== null) return this.#kernel.remoteAddress();
    const peer = this.#peer;
    if (peer === null) return getErrno("ENOTCONN");
    return { address: peer.address, family: isIPv6(peer.address) ? "IPv6" : "IPv4", port: peer.port };
  }

  send(datagram: Datagram): number {
    if (datagram.segmentSize > 0 || this.#parking !== null) return this.#sendByLibc([datagram], 0, 1);
    const to = datagram.address === null ? this.#peer! : datagram as Datagram & { address: string };
    this.#hasSent = true;
    try {
      return this.#socket.send(datagram.data, to.port, to.address) ? 1 : this.#wait();
    } catch (error) {
      return this.#sendAgain(datagram, errnoOf(error));
    }
  }

  sendBatch(datagrams: readonly Datagram[], from: number, end: number): number {
    if (this.#parking !== null) return this.#sendByLibc(datagrams, from, end);
    const areRows = datagrams[from].segmentSize > 0;
    let to = from + 1;
    while (to < end && datagrams[to].segmentSize > 0 === areRows) to++;
    if (areRows) return this.#sendByLibc(datagrams, from, to);
    this.#hasSent = true;
    const flat = this.#flat;
    const peer = this.#peer;
    flat.length = (to - from) * 3;
    for (let i = from, at = 0; i < to; i++) {
      const datagram = datagrams[i];
      flat[at++] = datagram.data;
      flat[at++] = datagram.address === null ? peer!.port : datagram.port;
      flat[at++] = datagram.address === null ? peer!.address : datagram.address;
    }
    try {
      return this.#socket.sendMany(flat) || this.#wait();
    } catch (error) {
      // It concerns the first; the core comes back with the others.
      return this.#sendAgain(datagrams[from], errnoOf(error));
    } finally {
      flat.length = 0;
    }
  }

  /** Those that the kernel is to cut, which only libc can tell it, and all while it is paused. */
  #sendByLibc(datagrams: readonly Datagram[], from: number, to: number): number {
    this.#hasSent = true;
    const accepted = this.#kernel!.sendBatch(datagrams, from, to);
    // Bun tells of room only after a send of its own.
    if (accepted === 0) this.#resumeSoon();
    return accepted || this.#wait();
  }

  connect(address: string, port: number): number {
    if (this.#kernel !== null) {
      const errno = this.#kernel.connect(address, port);
      // Bun does not know of it: the datagrams keep their address, which Linux allows.
      if (errno === 0) this.#peer = { address, port, local: "" };
      return errno;
    }
    const local = probeRoute(this.#bun, this.#local.address, address, port);
    if (typeof local === "number") return local;
    this.#peer = { address: canonicalPeer(address), port, local };
    this.#told = 0;
    return 0;
  }

  disconnect(): number {
    this.#peer = null;
    return this.#kernel?.disconnect() ?? 0;
  }

  set(option: NumericOption, value: number): number {
    if (this.#kernel !== null) return this.#kernel.set(option, value);
    const socket = this.#socket;
    switch (option) {
      case "broadcast":
        return attempt(() => socket.setBroadcast(value === 1));
      case "ttl":
        return attempt(() => socket.setTTL(value));
      case "multicastTTL":
        // Bun 1.4.5 rejects 0, which the kernel takes.
        return value === 0 ? UNAVAILABLE : attempt(() => socket.setMulticastTTL(value));
      case "multicastLoopback":
        return attempt(() => socket.setMulticastLoopback(value === 1));
      default:
        return UNAVAILABLE;
    }
  }

  get(option: "recvBufferSize" | "sendBufferSize"): number {
    return this.#kernel?.get(option) ?? UNAVAILABLE;
  }

  setMulticastInterface(address: string): number {
    if (this.#kernel !== null) return this.#kernel.setMulticastInterface(address);
    try {
      // Bun 1.4.5 answers false, in place of an error, for an interface it can't read.
      return this.#socket.setMulticastInterface(address) ? 0 : getErrno("EINVAL");
    } catch (error) {
      return errnoOf(error);
    }
  }

  join(membership: Membership): number {
    if (this.#kernel !== null) return this.#kernel.join(membership);
    const { group, interface: through, source } = membership;
    const socket = this.#socket;
    if (source === undefined) return attempt(() => socket.addMembership(group, through));
    return attempt(() => socket.addSourceSpecificMembership(source, group, through));
  }

  leave(membership: Membership): number {
    if (this.#kernel !== null) return this.#kernel.leave(membership);
    const { group, interface: through, source } = membership;
    const socket = this.#socket;
    if (source === undefined) return attempt(() => socket.dropMembership(group, through));
    return attempt(() => socket.dropSourceSpecificMembership(source, group, through));
  }

  get kernelOptions(): KernelOptions | undefined {
    return this.#kernel === null ? undefined : new DescriptorOptions(this.#kernel);
  }

  ref(): void {
    this.#referenced = true;
    this.#keepAlive.setReferenced(true);
    this.#socket.ref();
  }

  unref(): void {
    this.#referenced = false;
    this.#keepAlive.setReferenced(false);
    if (!this.#full) this.#socket.unref();
  }

  pause(): number {
    if (this.#parking !== null) return 0;
    // One that is part of something else is not this handle's to close.
    if (this.#libc === null || this.#release !== undefined) return UNAVAILABLE;
    const parking = park(this.#libc, this.#kernel!, this.#socket);
    if (typeof parking === "number") return parking;
    this.#parking = parking;
    this.#keepAlive.setPaused(true);
    // Bun tells of room only to a socket that it has.
    if (this.#full && this.#timer === undefined) this.#resumeSoon();
    return 0;
  }

  resume(): void {
    const fd = this.#parking!.end();
    try {
      if (fd >= 0) this.#open(fd);
    } catch (error) {
      this.#host.receiveError(errnoOf(error), "resume");
      return;
    }
    this.#parking = null;
    this.#keepAlive.setPaused(false);
  }

  close(done: () => void): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#keepAlive.setPaused(false);
    const parked = this.#parking?.end() ?? -1;
    this.#kernel?.close();
    if (parked >= 0) this.#libc!.close(parked);
    else if (this.#release === undefined) this.#socket.close();
    else this.#release();
    done();
  }

  /** Opens another socket of Bun's on the kernel's. */
  #open(fd: number): void {
    this.#socket = this.#bun.peek(this.#bun.udpSocket({ fd, binaryType: "buffer", socket: this.handlers }));
    this.#kernel!.leaveErrorQueue();
    if (!this.#referenced) this.#socket.unref();
  }

  /** Bun 1.4.5 keeps what the first reading gave, so that it must not come before there is a port. */
  #readLocal(): void {
    const { address, family, port } = this.#socket.address;
    this.#local = { address: withScope(address, scopeOf(this.#local.address)), family, port };
  }

  #received(data: Buffer, port: number, address: string): void {
    if (this.#closed) return;
    const peer = this.#kernel === null ? this.#peer : null;
    if (peer !== null && (port !== peer.port || address !== peer.address)) return;
    this.#host.message(data, { address, family: this.#local.family, port, size: data.length });
  }

  /**
   * On Bun 1.4.5 an ICMP error that an earlier datagram brought about, to whichever peer, makes the next send fail,
   * and that datagram is not sent. Only a connected socket is to know; elsewhere the datagram is simply sent again.
   * Without the error queue only a connected socket meets such an error.
   */
  #sendAgain(datagram: Datagram, errno: number): number {
    const to = datagram.address === null ? this.#peer! : datagram as Datagram & { address: string };
    for (let i = 1; i < ATTEMPTS && this.#kernel === null && this.#icmp.any.has(errno); i++) {
      if (this.#peer !== null && this.#icmp.fatal.has(errno)) {
        this.#told++;
        return errno;
      }
      try {
        return this.#socket.send(datagram.data, to.port, to.address) ? 1 : this.#wait();
      } catch (error) {
        errno = errnoOf(error);
      }
    }
    if (errno !== getErrno("ENOBUFS")) return errno;
    // The queue of the interface is full, not the socket's: no event tells when it has room.
    this.#resumeSoon();
    return this.#wait();
  }

  #resumeSoon(): void {
    this.#timer ??= setTimeout(() => this.#resume(), 1);
  }

  /** A datagram that waits keeps the process alive, as on Node, though the socket may not. */
  #wait(): number {
    this.#full = true;
    if (!this.#referenced) this.#socket.ref();
    return 0;
  }

  /** Bun also calls it once after the socket was opened, and after a short batch. */
  #drained(): void {
    if (this.#full && this.#timer === undefined) this.#resume();
  }

  #resume(): void {
    this.#timer = undefined;
    if (this.#closed) return;
    this.#full = false;
    if (!this.#referenced) this.#socket.unref();
    this.#host.drained();
  }

  #failed(error: BunError): void {
    if (this.#closed) return;
    const errno = errnoOf(error);
    if (this.#kernel === null && this.#icmp.any.has(errno)) {
      if (this.#peer === null || !this.#icmp.fatal.has(errno)) return;
      if (error.errqueue !== true) {
        this.#told++;
      } else if (this.#told > 0) {
        this.#told--;
        return;
      }
    }
    this.#host.receiveError(errno, "recvmsg");
  }
}
