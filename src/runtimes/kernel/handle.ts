import {
  ACCESS_DENIED,
  type AddressInfo,
  type Datagram,
  type Handle,
  type Host,
  type KernelOptions,
  type MessageBuffer,
  type RemoteInfo,
} from "../../core/backend.ts";
import { totalLengthOf } from "../../core/bytes.ts";
import { OptionHandle } from "../common/option_handle.ts";
import { DescriptorOptions } from "./options.ts";
import type { Descriptor } from "../libc/descriptor.ts";
import { EBADF } from "../libc/error_numbers.ts";
import type { StandIn } from "../libc/stand_in.ts";
import { KernelReceiver, type Waiting } from "./receiver.ts";
import { PendingErrors } from "./pending_errors.ts";
import type { Asked } from "./receive_info.ts";
import { SendRetry } from "./send_retry.ts";

/**
 * A socket of which libc does everything but waiting: the options, the connection, the sending and most of the
 * receiving, on its descriptor. What waits is a runtime's own socket, in a class made from this one.
 */
export abstract class KernelHandle extends OptionHandle implements Handle, Waiting {
  readonly deferred = false;
  readonly queueSize = 0;
  readonly queueCount = 0;
  readonly kernel: Descriptor;
  protected readonly options: Descriptor;
  protected readonly host: Host;
  protected closed = false;
  #peer: { readonly address: string; readonly port: number } | null = null;
  readonly #retry = new SendRetry(() => this.host.drained(), () => this.kernel.get("sendBufferSize"));
  readonly #errors = new PendingErrors(() => this.#pendingError(), (errno) => this.host.receiveError(errno, "recvmsg"));
  readonly #asked: Asked;
  #receiver: KernelReceiver;

  /** @param standIn there if all is received by libc. @param asked without it, nothing that comes as control messages */
  constructor(kernel: Descriptor, host: Host, standIn: StandIn | null = null, asked: Asked = {}) {
    super();
    this.kernel = this.options = kernel;
    this.host = host;
    if (asked.segmentation === "off") kernel.rows = null;
    this.#asked = asked;
    this.#receiver = new KernelReceiver(kernel, host, this, standIn, asked);
  }

  /** False if the runtime's permissions refuse the destination. */
  protected abstract allows(address: string, port: number): boolean;

  address(): AddressInfo | number {
    return this.kernel.address();
  }

  remoteAddress(): AddressInfo | number {
    return this.kernel.remoteAddress();
  }

  send(datagram: Datagram): number {
    if (!this.#mayGo(datagram)) return ACCESS_DENIED;
    const result = this.kernel.send(datagram);
    if (this.#retry.trying) this.#took([datagram], 0, result);
    return this.#accepted(result);
  }

  sendBatch(datagrams: readonly Datagram[], from: number, to: number): number {
    const most = Math.min(to, from + this.#retry.most);
    let end = from;
    while (end < most && (end > from && goesWith(datagrams[end - 1], datagrams[end]) || this.#mayGo(datagrams[end]))) {
      end++;
    }
    if (end === from) return ACCESS_DENIED;
    const result = this.kernel.sendBatch(datagrams, from, end);
    if (this.#retry.trying) this.#took(datagrams, from, result);
    return this.#accepted(result);
  }

  connect(address: string, port: number): number {
    if (!this.allows(address, port)) return ACCESS_DENIED;
    const errno = this.kernel.connect(address, port);
    if (errno === 0) this.#peer = { address, port };
    return errno;
  }

  disconnect(): number {
    const errno = this.kernel.disconnect();
    if (errno === 0) this.#peer = null;
    return errno;
  }

  get kernelOptions(): KernelOptions {
    return new DescriptorOptions(this.kernel);
  }

  abstract ref(): void;

  abstract unref(): void;

  pause(): number {
    return this.#receiver.pause();
  }

  resume(): void {
    this.#receiver.resume();
  }

  close(done: () => void): void {
    this.closed = true;
    this.#retry.stop();
    this.#errors.end();
    this.#receiver.close();
    this.release();
    done();
  }

  abstract wait(): void;

  hold(): number {
    return 0;
  }

  letGo(): void {}

  /** Nothing that was received is under way, and it is neither paused nor closed. */
  get idle(): boolean {
    return this.#receiver.idle;
  }

  /** Has libc receive all, where there is a stand-in, or what the runtime leaves. To be called when it is idle. */
  protected receiveBy(standIn: StandIn | null): void {
    this.#receiver.close();
    this.#receiver = new KernelReceiver(this.kernel, this.host, this, standIn, this.#asked);
  }

  /** Begins to wait. */
  protected start(): void {
    this.#receiver.start();
  }

  /** The runtime's socket woke with a datagram. */
  protected woken(data: MessageBuffer, from: RemoteInfo): void {
    this.#receiver.woken(data, from);
  }

  /** The stand-in woke the runtime. */
  protected get rung(): () => void {
    return this.#receiver.rung;
  }

  /**
   * Closes the runtime's socket, and frees the port before it returns. Where the number has become another's, which the
   * runtime would close, it is left alone and keeps nothing alive.
   */
  protected abstract release(): void;

  /** Asked each time, on a connected socket too: a permission can be revoked. */
  #mayGo({ address, port }: Datagram): boolean {
    const peer = this.#peer;
    return address !== null ? this.allows(address, port) : peer === null || this.allows(peer.address, peer.port);
  }

  /** 0 or an errno; undefined where there is no peer any more whose errors could come, or no descriptor. */
  #pendingError(): number | undefined {
    const errno = this.closed || !this.#peer ? -EBADF : this.kernel.pendingError();
    return errno === -EBADF ? undefined : errno;
  }

  #took(datagrams: readonly Datagram[], from: number, count: number): void {
    if (count > 0) this.#retry.took(count, totalLengthOf(datagrams.slice(from, from + count).map(({ data }) => data)));
  }

  /** No runtime tells when there is room for a datagram that it did not send itself. */
  #accepted(result: number): number {
    if (result === 0) this.#retry.refused();
    else if (this.#peer) this.#errors.look();
    return result;
  }
}

/** True if two datagrams have one destination. */
function goesWith(one: Datagram, other: Datagram): boolean {
  return one.address === other.address && one.port === other.port;
}
