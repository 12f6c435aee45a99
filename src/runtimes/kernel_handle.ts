import { setImmediate } from "node:timers";
import { nextTick } from "../core/process.ts";
import {
  ACCESS_DENIED,
  type AddressInfo,
  type Datagram,
  type Handle,
  type Host,
  type KernelOptions,
  type Membership,
  type MessageBuffer,
  type NumericOption,
  type RemoteInfo,
} from "../core/backend.ts";
import { DescriptorOptions } from "./descriptor_options.ts";
import type { Descriptor } from "./libc/descriptor.ts";
import { ReceiveBatch } from "./libc/receive_batch.ts";
import type { StandIn } from "./libc/stand_in.ts";
import { OneTimer } from "./one_timer.ts";
import { PendingErrors } from "./pending_errors.ts";
import { addReceiveInfo, type Asked } from "./receive_info.ts";
import { SendRetry } from "./send_retry.ts";
import { afterThisMessage, PATIENCE } from "../core/turns.ts";

/** Of rows of up to 64 joined datagrams; others are to have their turn after some hundred. */
const ROWS = 4;

/** So many wake-ups with one datagram alone are taken for a habit. */
const LONE = 4;

/**
 * A socket of which libc does everything but waiting: the options, the connection, the sending and most of the
 * receiving, on its descriptor. What waits is a runtime's own socket, in a class made from this one: it wakes with one
 * datagram, and the others that wait are read while no receive of the runtime is pending, which keeps their order.
 */
export abstract class KernelHandle implements Handle {
  readonly deferred = false;
  readonly queueSize = 0;
  readonly queueCount = 0;
  protected readonly kernel: Descriptor;
  protected readonly host: Host;
  protected closed = false;
  #peer: { readonly address: string; readonly port: number } | null = null;
  readonly #retry = new SendRetry(() => this.host.drained(), () => this.kernel.get("sendBufferSize"));
  /** Until it is tried again to arm the stand-in. */
  readonly #rearm = new OneTimer(() => this.#arm());
  readonly #errors = new PendingErrors(() => this.#pendingError(), (errno) => this.host.receiveError(errno, "recvmsg"));
  readonly #batch: ReceiveBatch;
  readonly #limit: number | undefined;
  readonly #info: boolean;
  readonly #standIn: StandIn | null;
  #armed = false;
  #paused = false;
  /** Nothing waits and nothing is read, since it is paused. */
  #idle = false;
  #delivering = false;
  /** A read of what else waits is due in the next turn: since when, or 0. */
  #due = 0;
  /** Wake-ups in a row that brought one datagram alone. */
  #lone = 0;
  /** The next of the batch to be delivered. */
  #next = 0;

  /** @param standIn there if all is received by libc. @param asked without it, `pooledMessages` alone */
  constructor(kernel: Descriptor, host: Host, standIn: StandIn | null = null, asked: Asked = {}) {
    this.kernel = kernel;
    this.host = host;
    this.#standIn = standIn;
    this.#info = Boolean(asked.receiveInfo);
    this.#limit = asked.receiveOffload ? ROWS : undefined;
    this.#batch = new ReceiveBatch(Boolean(asked.receiveInfo || asked.receiveOffload), asked.pooledMessages);
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
    if (this.#retry.trying && result > 0) this.#retry.took(1, datagram.data.length);
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
    if (this.#retry.trying && result > 0) this.#retry.took(result, lengthOf(datagrams, from, from + result));
    return this.#accepted(result);
  }

  connect(address: string, port: number): number {
    if (!this.allows(address, port)) return ACCESS_DENIED;
    const errno = this.kernel.connect(address, port);
    if (errno === 0) this.#peer = { address, port };
    return errno;
  }

  disconnect(): number {
    this.#peer = null;
    return this.kernel.disconnect();
  }

  set(option: NumericOption, value: number): number {
    return this.kernel.set(option, value);
  }

  get(option: "recvBufferSize" | "sendBufferSize"): number {
    return this.kernel.get(option);
  }

  setMulticastInterface(address: string): number {
    return this.kernel.setMulticastInterface(address);
  }

  join(membership: Membership): number {
    return this.kernel.join(membership);
  }

  leave(membership: Membership): number {
    return this.kernel.leave(membership);
  }

  get kernelOptions(): KernelOptions {
    return new DescriptorOptions(this.kernel);
  }

  abstract ref(): void;

  abstract unref(): void;

  pause(): number {
    const errno = this.#standIn === null ? this.hold() : this.#standIn.hold();
    this.#paused = errno === 0;
    if (this.#paused && this.#rearm.stop()) this.#idle = true;
    return errno;
  }

  resume(): void {
    this.#paused = false;
    if (this.#standIn === null) this.letGo();
    else this.#standIn.letGo();
    if (!this.#idle) return;
    this.#idle = false;
    this.start();
  }

  close(done: () => void): void {
    this.closed = true;
    this.#retry.stop();
    this.#rearm.stop();
    this.#errors.end();
    this.#batch.clear();
    this.release();
    done();
  }

  /** Has the runtime's socket wait for the next datagram, if it doesn't anyway. */
  protected abstract wait(): void;

  /** Where the runtime's socket waits again by itself: has it not do so. 0 or an errno. */
  protected hold(): number {
    return 0;
  }

  /** Takes `hold` back. */
  protected letGo(): void {}

  /**
   * Delivers the datagram that the runtime's socket woke with, and the others that wait. They are read first: what
   * listeners bring about comes with a later wake-up. To be called in a tick, where what listeners throw is an
   * `uncaughtException` at once.
   */
  protected woken(data: MessageBuffer, from: RemoteInfo): void {
    if (this.#paused && this.#next >= this.#batch.count) {
      this.start();
      this.host.message(data, from);
      return;
    }
    if (this.#next < this.#batch.count) {
      // Node 26.10 goes on receiving while an exception of a listener has put the ticks off.
      this.#batch.add(data, from);
      return;
    }
    // libuv wakes up to 32 times in one turn, which with a batch each is too long if the listeners are slow.
    if (this.#due !== 0 && performance.now() - this.#due > PATIENCE) {
      if (this.host.messages === undefined) this.host.message(data, from);
      else this.host.messages([data], [from], 1);
      return;
    }
    if (this.#isLone()) {
      this.start();
      this.host.message(data, from);
      return;
    }
    this.#read();
    this.#lone = this.#batch.count === 0 ? this.#lone + 1 : 0;
    if (this.host.messages === undefined) {
      this.#goOn();
      this.host.message(data, from);
    } else {
      this.#deliverTogether([data, ...this.#batch.data], [from, ...this.#batch.from], 1 + this.#batch.count);
    }
  }

  /**
   * True if it is to be left to the runtime whether more waits: after some wake-ups with one datagram alone only each
   * eighth is worth a system call. It is a sixth of what a round trip costs with node:ffi.
   */
  #isLone(): boolean {
    return this.#lone >= LONE && (++this.#lone & 7) !== 0;
  }

  /** Delivers what was read, in the tick that this is called in. */
  #deliver(): void {
    const { data, from, count } = this.#batch;
    if (this.host.messages === undefined) this.#deliverNext();
    else this.#deliverTogether(data, from, count);
  }

  #deliverTogether(data: readonly MessageBuffer[], from: readonly RemoteInfo[], count: number): void {
    this.#next = this.#batch.count;
    this.#goOn();
    this.host.messages!(data, from, count);
  }

  /** Begins to wait. */
  protected start(): void {
    if (this.#rests()) return;
    if (this.#standIn === null) this.wait();
    else setImmediate(this.#arm);
  }

  /** The stand-in woke the runtime. To be called as `woken` is. */
  protected rung = (): void => {
    if (this.closed) return;
    this.#armed = false;
    if (!this.#delivering && !this.#rests()) this.#readAndDeliver();
  };

  /** True if it is paused: it is to be started again then. */
  #rests(): boolean {
    if (this.#paused) this.#idle = true;
    return this.#paused;
  }

  #readAndDeliver(): void {
    this.#read();
    this.#delivering = this.#batch.count > 0;
    if (this.#delivering) this.#deliver();
    else this.start();
  }

  /** A turn later, when the runtime waits again: else it would find the ring at once. */
  #arm = (): void => {
    if (this.closed || this.#delivering || this.#rests()) return;
    if (!this.#armed) {
      this.wait();
      this.#armed = this.#standIn!.arm() === 0;
      // What waits keeps the process alive.
      if (!this.#armed) this.#rearm.start(false);
    }
    if (!this.#standIn!.lasting) nextTick(this.#lookAgain);
  };

  #lookAgain = (): void => {
    if (this.closed || this.#delivering || this.#rests()) return;
    this.#read();
    this.#delivering = this.#batch.count > 0;
    if (this.#delivering) this.#deliver();
  };

  #read(): void {
    this.#next = 0;
    const count = this.kernel.receive(this.#batch, this.#limit);
    if (this.#info) {
      const { control, from } = this.#batch;
      for (let i = 0; i < count; i++) addReceiveInfo(from[i], control![i]);
    }
    if (count >= 0) return;
    this.#batch.count = 0;
    nextTick(() => this.closed || this.host.receiveError(count, "recvmsg"));
  }

  #deliverNext = (): void => {
    if (this.closed) return;
    const at = this.#next++;
    const data = this.#batch.data[at];
    const from = this.#batch.from[at];
    this.#goOn();
    this.host.message(data, from);
  };

  /** To be called before the listeners, which could change the asynchronous context of what is to follow. */
  #goOn(): void {
    const { count, full } = this.#batch;
    if (this.#next < count) this.#deliverSoon();
    else if (full) this.#readMoreLater();
    else this.#waitAgain();
  }

  /** Once in a turn: else a flood would have more and more of these under way. */
  #readMoreLater(): void {
    if (this.#due !== 0) return;
    this.#due = performance.now();
    setImmediate(this.#readMore);
  }

  #waitAgain(): void {
    this.#delivering = false;
    this.start();
  }

  readonly #deliverSoon = afterThisMessage(this.#deliverNext);

  /** Others had their turn. */
  #readMore = (): void => {
    this.#due = 0;
    if (this.closed || this.#next < this.#batch.count) return;
    if (this.#paused) return this.#waitAgain();
    this.#read();
    if (this.#batch.count === 0) this.#waitAgain();
    else nextTick(() => this.closed || this.#deliver());
  };

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

  /** 0 or an errno; undefined where there is no peer any more whose errors could come. */
  #pendingError(): number | undefined {
    return this.closed || this.#peer === null ? undefined : this.kernel.pendingError();
  }

  /** No runtime tells when there is room for a datagram that it did not send itself. */
  #accepted(result: number): number {
    if (result === 0) this.#retry.refused();
    else if (this.#peer !== null && result > 0) this.#errors.look();
    return result;
  }
}

function lengthOf(datagrams: readonly Datagram[], from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += datagrams[i].data.length;
  return sum;
}

/** True if two datagrams have one destination. */
function goesWith(one: Datagram, other: Datagram): boolean {
  return one.address === other.address && one.port === other.port;
}
