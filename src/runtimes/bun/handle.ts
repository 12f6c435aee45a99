import { isIPv6 } from "../../core/ip.ts";
import {
  type AddressInfo,
  type Datagram,
  type Handle,
  type Host,
  type KernelOptions,
  type MessageBuffer,
  type NumericOption,
  type RemoteInfo,
  UNAVAILABLE,
} from "../../core/backend.ts";
import { getErrno } from "../../core/errors.ts";
import { openOn } from "./control_handle.ts";
import { addressedTo, BunEnds } from "./ends.ts";
import { IcmpErrors } from "./icmp.ts";
import type { BunSockets } from "./open.ts";
import { BunOptions } from "./options.ts";
import type { BunJoinable, JoinedParking, Parking } from "./joinable.ts";
import { BunParking } from "./parking.ts";
import { BunRoom } from "./room.ts";
import type { BunError, BunHandlers, BunSocket } from "./types.ts";
import { DescriptorOptions } from "../kernel/options.ts";
import type { Asked } from "../kernel/receive_info.ts";
import { type SawMany, sawManyOf } from "../kernel/runs.ts";
import { errnoOf, isOfIcmp } from "../common/errno.ts";
import { FairHost } from "./fair_host.ts";
import { KeepAliveWhilePaused } from "../common/keep_alive.ts";
import { OptionHandle, type SocketOptions } from "../common/option_handle.ts";
import { Descriptor } from "../libc/descriptor.ts";
import { sendable } from "../common/sendable.ts";

/** Each ICMP message spoils one later send at most; more than one can arrive between two attempts. */
const ATTEMPTS = 4;

/** Linux's, if nobody sets another: `FairHost` counts as Linux does, whatever the system. */
const DEFAULT_BUFFER_SIZE = 212_992;

/**
 * A socket of `Bun.udpSocket`. Where libc is there, it sets the options and connects, on the socket's descriptor; with
 * the queue of ICMP errors left, which Bun 1.4.5 enters, none of them spoils a send any more. Bun before 1.4.0, and on
 * macOS, closes a connected socket, unheard, whose peer is not there: its connections are emulated, as without libc.
 */
export class BunHandle extends OptionHandle implements Handle, BunJoinable {
  readonly deferred = false;
  readonly queueSize = 0;
  readonly queueCount = 0;
  readonly sawMany: SawMany | null;
  readonly #sockets: BunSockets;
  readonly #host: FairHost;
  readonly #icmp = new IcmpErrors();
  readonly #asked: Asked;
  #kernel: Descriptor | null = null;
  protected options!: SocketOptions;
  #socket!: BunSocket;
  #ends!: BunEnds;
  /** How a socket is closed that is part of something else. */
  #release: (() => void) | undefined;
  #closed = false;
  readonly #room = new BunRoom(() => this.#host.drained());
  #parking: Parking | null = null;
  readonly #keepAlive = new KeepAliveWhilePaused();
  /** Filled anew by each batch. */
  readonly #flat: (Uint8Array | number | string)[] = [];

  constructor(sockets: BunSockets, host: Host, asked: Asked) {
    super();
    this.#sockets = sockets;
    this.#asked = asked;
    this.sawMany = sawManyOf(
      asked,
      (runs) =>
        import("./joining.ts").then(({ join }) => join(this, (kernel) => openOn(sockets, kernel, host, asked), runs)),
    );
    this.#host = new FairHost(host, () => this.#receiveBufferSize(), this.sawMany);
  }

  /** What Bun is to call. */
  get handlers(): BunHandlers {
    return {
      data: (_socket, data, port, address) => this.#received(data, port, address),
      drain: () => this.#room.drained(),
      error: (error) => this.#failed(error),
    };
  }

  /** Takes the socket that was opened with these handlers. */
  start(socket: BunSocket, requested: string, release?: () => void): this {
    this.#socket = this.#room.socket = socket;
    this.#release = release;
    const { bun, libc, adopts, connects } = this.#sockets;
    if (libc !== null && socket.fd >= 0) {
      this.#kernel = new Descriptor(libc, socket.fd, isIPv6(requested) ? 6 : 4, false);
      if (this.#asked.segmentation === "off") this.#kernel.rows = null;
      if (adopts) this.#kernel.leaveErrorQueue();
    }
    this.options = this.#kernel ?? new BunOptions(socket);
    this.#ends = new BunEnds(bun, socket, requested, this.#kernel, connects && this.#kernel !== null);
    return this;
  }

  address(): AddressInfo | number {
    return this.#ends.address();
  }

  remoteAddress(): AddressInfo | number {
    return this.#ends.remoteAddress();
  }

  send(datagram: Datagram): number {
    if (datagram.segmentSize || this.#parking !== null) return this.#sendByLibc([datagram], 0, 1);
    this.#ends.hasSent = true;
    try {
      return this.#sendByBun(datagram);
    } catch (error) {
      return this.#sendAgain(datagram, errnoOf(error));
    }
  }

  sendBatch(datagrams: readonly Datagram[], from: number, end: number): number {
    if (this.#parking !== null) return this.#sendByLibc(datagrams, from, end);
    // The kernel may cut what libc sends.
    if (this.#ends.connects && this.#kernel!.rows !== null && this.#sockets.libc!.offloads.send) {
      const accepted = this.#kernel!.sendBatch(datagrams, from, end);
      // Of room Bun tells only after a send of its own, which finds none.
      if (accepted !== 0) return accepted;
    }
    const arePlain = !datagrams[from].segmentSize;
    let to = from + 1;
    while (to < end && !datagrams[to].segmentSize === arePlain) to++;
    if (!arePlain) return this.#sendByLibc(datagrams, from, to);
    this.#ends.hasSent = true;
    const flat = this.#flat;
    const peer = this.#ends.peer;
    flat.length = (to - from) * 3;
    for (let i = from, at = 0; i < to; i++) {
      const datagram = datagrams[i];
      flat[at++] = datagram.data;
      flat[at++] = datagram.address === null ? peer!.port : datagram.port;
      flat[at++] = datagram.address === null ? peer!.address : sendable(datagram.address);
    }
    try {
      return this.#socket.sendMany(flat) || this.#room.wait();
    } catch (error) {
      // It concerns the first; the core comes back with the others.
      return this.#sendAgain(datagrams[from], errnoOf(error));
    } finally {
      flat.length = 0;
    }
  }

  #sendByBun(datagram: Datagram): number {
    const to = datagram.address === null ? this.#ends.peer! : datagram as Datagram & { address: string };
    return this.#socket.send(datagram.data, to.port, sendable(to.address)) ? 1 : this.#room.wait();
  }

  /** Those of which more is said than bytes and an end, which only libc can tell the kernel, and all while Bun does not have it. */
  #sendByLibc(datagrams: readonly Datagram[], from: number, to: number): number {
    this.#ends.hasSent = true;
    const peer = this.#ends.connects ? null : this.#ends.peer;
    const accepted = peer === null
      ? this.#kernel!.sendBatch(datagrams, from, to)
      : this.#kernel!.sendBatch(datagrams.slice(from, to).map((each) => addressedTo(each, peer)), 0, to - from);
    // Bun tells of room only after a send of its own.
    if (accepted === 0) this.#room.lookSoon();
    return accepted || this.#room.wait();
  }

  connect(address: string, port: number): number {
    const errno = this.#ends.connect(address, port);
    if (errno === 0) this.#icmp.forget();
    return errno;
  }

  disconnect(): number {
    return this.#ends.disconnect();
  }

  override set(option: NumericOption, value: number): number {
    if (option === "broadcast") this.#ends.broadcast = value === 1;
    return super.set(option, value);
  }

  get kernelOptions(): KernelOptions | undefined {
    return this.#kernel === null ? undefined : new DescriptorOptions(this.#kernel);
  }

  get kernel(): Descriptor | null {
    return this.#kernel;
  }

  get lost(): number {
    return this.#host.lost;
  }

  ref(): void {
    this.#keepAlive.setReferenced(true);
    this.#room.ref();
  }

  unref(): void {
    this.#keepAlive.setReferenced(false);
    this.#room.unref();
  }

  get idle(): boolean {
    // One that is part of something else is not this handle's to close.
    return this.#sockets.adopts && this.#release === undefined && this.#parking === null && !this.#room.full &&
      this.#host.idle;
  }

  park(joined: JoinedParking | null): void {
    this.#parking = joined;
    if (joined === null) return;
    this.#socket.close();
    this.#room.socket = joined;
  }

  pause(): number {
    if (this.#parking !== null) return this.#parking.again?.() ?? 0;
    // One that is part of something else is not this handle's to close.
    const { bun, libc, adopts } = this.#sockets;
    if (libc === null || !adopts || this.#release !== undefined) return UNAVAILABLE;
    const parking = new BunParking(bun, libc, this.#kernel!, this.#socket);
    const errno = parking.begin();
    if (errno < 0) return errno;
    this.#parking = parking;
    this.#keepAlive.setPaused(true);
    // Bun tells of room only to a socket that it has.
    if (this.#room.full) this.#room.lookSoon();
    return 0;
  }

  resume(): void {
    const fd = this.#parking!.end();
    if (fd === undefined) return;
    const errno = fd === null ? 0 : fd < 0 ? fd : this.open(fd);
    if (errno < 0) {
      this.#host.receiveError(errno, "resume");
      return;
    }
    this.#parking = null;
    this.#keepAlive.setPaused(false);
  }

  /** To be called when the socket that it is part of was closed by somebody else. */
  closedBelow(): void {
    if (this.#closed) return;
    this.#end();
    this.#kernel?.close();
    this.#host.closed();
  }

  close(done: () => void): void {
    this.#end();
    if (this.#parking === null) this.#closeSocket();
    else this.#parking.close();
    done();
  }

  #end(): void {
    this.#closed = true;
    this.#room.end();
    this.#keepAlive.setPaused(false);
  }

  /** Where its number has become another's, Bun's socket is left alone and keeps nothing alive: it would close that. */
  #closeSocket(): void {
    const isOurs = this.#kernel?.isOurs() ?? true;
    this.#kernel?.close();
    if (this.#release !== undefined) this.#release();
    else if (isOurs) this.#socket.close();
    else this.#socket.unref();
  }

  #receiveBufferSize(): number {
    const size = this.#kernel?.get("recvBufferSize") ?? -1;
    return size < 0 ? DEFAULT_BUFFER_SIZE : size;
  }

  /** Opens another socket of Bun's on the kernel's: 0 or an errno. */
  open(fd: number): number {
    const { bun } = this.#sockets;
    try {
      this.#socket = this.#room.socket = this.#ends.socket = bun.peek(
        bun.udpSocket({ fd, binaryType: "buffer", socket: this.handlers }),
      );
    } catch (error) {
      return errnoOf(error);
    }
    this.#kernel!.leaveErrorQueue();
    return 0;
  }

  #received(data: MessageBuffer, port: number, address: string): void {
    if (this.#closed) return;
    if (this.#parking?.admits(data.length) === false) {
      this.#host.lost++;
      return;
    }
    const peer = this.#ends.connects ? null : this.#ends.peer;
    if (peer !== null && (port !== peer.port || address !== peer.address)) return;
    this.#host.message(data, {
      address,
      family: this.#ends.local.family as RemoteInfo["family"],
      port,
      size: data.length,
    });
  }

  /**
   * On Bun 1.4.5 an ICMP error that an earlier datagram brought about, to whichever peer, makes the next send fail,
   * and that datagram is not sent: it is sent again. Without the error queue only a connected socket meets such an error.
   */
  #sendAgain(datagram: Datagram, errno: number): number {
    for (let i = 1; i < ATTEMPTS && !this.#ends.connects && this.#icmp.isAny(errno); i++) {
      if (this.#ends.peer !== null && this.#icmp.endsSend(errno)) return errno;
      try {
        return this.#sendByBun(datagram);
      } catch (error) {
        errno = errnoOf(error);
      }
    }
    if (errno !== getErrno("ENOBUFS")) return errno;
    // The queue of the interface is full, not the socket's: no event tells when it has room.
    this.#room.lookSoon();
    return this.#room.wait();
  }

  #failed(error: BunError): void {
    if (this.#closed) return;
    const errno = errnoOf(error);
    if (isOfIcmp(errno)) return;
    // Bun 1.3.14, which reads the queue alone, does not say so.
    const fresh = error.errqueue !== true && this.#sockets.adopts;
    if (!this.#ends.connects && !this.#icmp.isNews(errno, this.#ends.peer !== null, fresh)) return;
    this.#host.receiveError(errno, "recvmsg");
  }
}
