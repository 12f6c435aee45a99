import { isIPv6 } from "../../core/ip.ts";
import {
  type AddressInfo,
  type Handle,
  type Host,
  type KernelOptions,
  type MessageBuffer,
  type NumericOption,
  type RemoteInfo,
  UNAVAILABLE,
} from "../../core/backend.ts";
import { openOn } from "./control_handle.ts";
import { BunEnds } from "./ends.ts";
import { type BunSockets, openBunSocket } from "./open.ts";
import { BunOptions } from "./options.ts";
import type { BunJoinable, JoinedParking } from "./joinable.ts";
import { BunParking } from "./parking.ts";
import { BunRoom } from "./room.ts";
import { BunSender } from "./sender.ts";
import type { BunError, BunHandlers, BunSocket } from "./types.ts";
import { DescriptorOptions } from "../kernel/options.ts";
import type { Asked } from "../kernel/receive_info.ts";
import { type SawMany, sawManyOf } from "../kernel/runs.ts";
import { errnoOf, isOfIcmp } from "../common/errno.ts";
import { FairHost } from "./fair_host.ts";
import { KeepAliveWhilePaused } from "../common/keep_alive.ts";
import type { SocketOptions } from "../common/option_handle.ts";
import { Descriptor } from "../libc/descriptor.ts";

/** Linux's, if nobody sets another: `FairHost` counts as Linux does, whatever the system. */
const DEFAULT_BUFFER_SIZE = 212_992;

/**
 * A socket of `Bun.udpSocket`. Where libc is there, it sets the options and connects, on the socket's descriptor; with
 * the queue of ICMP errors left, which Bun 1.4.5 enters, none of them spoils a send any more. Bun before 1.4.0, and on
 * macOS, closes a connected socket, unheard, whose peer is not there: its connections are emulated, as without libc.
 */
export class BunHandle extends BunSender implements Handle, BunJoinable {
  readonly deferred = false;
  readonly queueSize = 0;
  readonly queueCount = 0;
  readonly sawMany: SawMany | null;
  readonly #sockets: BunSockets;
  readonly #host: FairHost;
  readonly #asked: Asked;
  protected options!: SocketOptions;
  /** How a socket is closed that is part of something else. */
  #release: (() => void) | undefined;
  #closed = false;
  protected readonly room: BunRoom = new BunRoom(() => this.#host.drained());
  readonly #keepAlive = new KeepAliveWhilePaused();

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

  /** What Bun is to give, and to call: options of a socket that this handle is to have. */
  get receiving(): { readonly binaryType: "buffer"; readonly socket: BunHandlers } {
    return {
      binaryType: "buffer",
      socket: {
        data: (_socket, data, port, address) => this.#received(data, port, address),
        drain: () => this.room.drained(),
        error: (error) => this.#failed(error),
      },
    };
  }

  /** Takes the socket that was opened with these options. */
  start(socket: BunSocket, requested: string, release?: () => void): this {
    this.room.socket = socket;
    this.#release = release;
    const { bun, libc, adopts, connects } = this.#sockets;
    if (libc !== null && socket.fd >= 0) {
      this.kernel = new Descriptor(libc, socket.fd, isIPv6(requested) ? 6 : 4, false);
      if (this.#asked.segmentation === "off") this.kernel.rows = null;
      if (adopts) this.kernel.leaveErrorQueue();
    }
    this.options = this.kernel ?? new BunOptions(socket, adopts);
    this.ends = new BunEnds(bun, socket, requested, this.kernel, connects && this.kernel !== null);
    return this;
  }

  address(): AddressInfo | number {
    return this.ends.address();
  }

  remoteAddress(): AddressInfo | number {
    return this.ends.remoteAddress();
  }

  connect(address: string, port: number): number {
    const errno = this.ends.connect(address, port);
    if (errno === 0) this.icmp.forget();
    return errno;
  }

  disconnect(): number {
    return this.ends.disconnect();
  }

  override set(option: NumericOption, value: number): number {
    if (option === "broadcast") this.ends.broadcast = value === 1;
    return super.set(option, value);
  }

  get kernelOptions(): KernelOptions | undefined {
    return this.kernel === null ? undefined : new DescriptorOptions(this.kernel);
  }

  get lost(): number {
    return this.#host.lost;
  }

  ref(): void {
    this.#keepAlive.ref();
    this.room.ref();
  }

  unref(): void {
    this.#keepAlive.unref();
    this.room.unref();
  }

  get idle(): boolean {
    // One that is part of something else is not this handle's to close.
    return this.#sockets.adopts && !this.#release && this.parking === null && !this.room.full &&
      this.#host.idle;
  }

  park(joined: JoinedParking | null): void {
    this.parking = joined;
    if (joined === null) return;
    this.ends.socket.close();
    this.room.socket = joined;
  }

  pause(): number {
    if (this.parking) return this.parking.again?.() ?? 0;
    // One that is part of something else is not this handle's to close.
    const { bun, libc, adopts } = this.#sockets;
    if (libc === null || !adopts || this.#release) return UNAVAILABLE;
    const parking = new BunParking(bun, libc, this.kernel!, this.ends.socket);
    const errno = parking.begin();
    if (errno < 0) return errno;
    this.parking = parking;
    this.#keepAlive.setPaused(true);
    // Bun tells of room only to a socket that it has.
    if (this.room.full) this.room.lookSoon();
    return 0;
  }

  resume(): void {
    const fd = this.parking!.end();
    if (fd === undefined) return;
    const errno = fd === null ? 0 : fd < 0 ? fd : this.open(fd);
    if (errno < 0) {
      this.#host.receiveError(errno, "resume");
      return;
    }
    this.parking = null;
    this.#keepAlive.setPaused(false);
  }

  /** To be called when the socket that it is part of was closed by somebody else. */
  closedBelow(): void {
    if (this.#closed) return;
    this.#end();
    this.kernel?.close();
    this.#host.closed();
  }

  close(done: () => void): void {
    this.#end();
    if (this.parking === null) this.#closeSocket();
    else this.parking.close();
    done();
  }

  #end(): void {
    this.#closed = true;
    this.room.end();
    this.#keepAlive.setPaused(false);
  }

  /** Where its number has become another's, Bun's socket is left alone and keeps nothing alive: it would close that. */
  #closeSocket(): void {
    const isOurs = this.kernel?.isOurs() ?? true;
    this.kernel?.close();
    if (this.#release) this.#release();
    else if (isOurs) this.ends.socket.close();
    else this.ends.socket.unref();
  }

  #receiveBufferSize(): number {
    const size = this.kernel?.get("recvBufferSize") ?? -1;
    return size < 0 ? DEFAULT_BUFFER_SIZE : size;
  }

  /** Opens another socket of Bun's on the kernel's: 0 or an errno. */
  open(fd: number): number {
    try {
      this.room.socket = this.ends.socket = openBunSocket(this.#sockets, { fd, ...this.receiving });
    } catch (error) {
      return errnoOf(error);
    }
    this.kernel!.leaveErrorQueue();
    return 0;
  }

  #received(data: MessageBuffer, port: number, address: string): void {
    if (this.#closed) return;
    if (this.parking?.admits(data.length) === false) {
      this.#host.lost++;
      return;
    }
    const peer = this.ends.connects ? null : this.ends.peer;
    if (peer !== null && (port !== peer.port || address !== peer.address)) return;
    this.#host.message(data, {
      address,
      family: this.ends.local.family as RemoteInfo["family"],
      port,
      size: data.length,
    });
  }

  #failed(error: BunError): void {
    if (this.#closed) return;
    const errno = errnoOf(error);
    if (isOfIcmp(errno)) return;
    // Bun 1.3.14, which reads the queue alone, does not say so.
    const fresh = error.errqueue !== true && this.#sockets.adopts;
    if (!this.ends.connects && !this.icmp.isNews(errno, this.ends.peer !== null, fresh)) return;
    this.#host.receiveError(errno, "recvmsg");
  }
}
