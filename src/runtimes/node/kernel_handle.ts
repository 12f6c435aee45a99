import type { Socket as DgramSocket } from "node:dgram";
import { EventEmitter } from "node:events";
import type { Host, MessageBuffer, RemoteInfo } from "../../core/backend.ts";
import { KeepAliveWhilePaused } from "../common/keep_alive.ts";
import { KernelHandle } from "../kernel/handle.ts";
import type { Descriptor } from "../libc/descriptor.ts";
import type { StandIn } from "../libc/stand_in.ts";
import { errnoOfDgram, udpWrapOf } from "./dgram.ts";
import type { Asked } from "../kernel/receive_info.ts";

/** A socket of node:dgram at whose descriptor something stands that wakes Node. */
export interface Waker {
  readonly inner: DgramSocket;
  readonly standIn: StandIn;
}

/** A socket of node:dgram that waits for libc, through node:ffi, on its descriptor; or that has another wait. */
export class NodeKernelHandle extends KernelHandle {
  readonly #inner: DgramSocket;
  readonly #waiting: DgramSocket;
  readonly #keepAlive = new KeepAliveWhilePaused();

  /** @param inner bound */
  constructor(inner: DgramSocket, kernel: Descriptor, host: Host, asked: Asked, waker: Waker | null = null) {
    super(kernel, host, waker?.standIn ?? null, asked);
    this.#inner = inner;
    this.#waiting = waker?.inner ?? inner;
    if (waker !== null) {
      udpWrapOf(inner)!.recvStop();
      // Before an Error is made of it, with its stack, for each time that there is something to read.
      udpWrapOf(waker.inner)!.onmessage = () => this.closed || this.rung();
    }
    this.#waiting.emit = ((event: string | symbol, first?: unknown, second?: unknown): boolean => {
      if (this.closed) return false;
      if (event === "message") this.woken(first as MessageBuffer, second as RemoteInfo);
      else if (event === "error") this.host.receiveError(errnoOfDgram(first), "recvmsg");
      else return EventEmitter.prototype.emit.call(this.#waiting, event, first, second);
      return true;
    }) as DgramSocket["emit"];
  }

  ref(): void {
    this.#waiting.ref();
    this.#keepAlive.setReferenced(true);
  }

  unref(): void {
    this.#waiting.unref();
    this.#keepAlive.setReferenced(false);
  }

  protected allows(): boolean {
    return true;
  }

  /** It always does. */
  wait(): void {}

  override hold(): number {
    const errno = udpWrapOf(this.#inner)!.recvStop();
    if (errno === 0) this.#keepAlive.setPaused(true);
    return errno;
  }

  override letGo(): void {
    udpWrapOf(this.#inner)!.recvStart();
    this.#keepAlive.setPaused(false);
  }

  protected release(): void {
    const isOurs = this.kernel.isOurs();
    this.#keepAlive.setPaused(false);
    this.kernel.close();
    if (this.#waiting !== this.#inner) this.#waiting.close();
    if (isOurs) {
      this.#inner.close();
    } else {
      udpWrapOf(this.#inner)!.recvStop();
      this.#inner.unref();
    }
  }
}
