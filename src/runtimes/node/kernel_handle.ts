import type { Socket as DgramSocket } from "node:dgram";
import { EventEmitter } from "node:events";
import type { Host, MessageBuffer, RemoteInfo } from "../../core/backend.ts";
import { KeepAliveWhilePaused } from "../common/keep_alive.ts";
import { KernelHandle } from "../kernel/handle.ts";
import type { Descriptor } from "../libc/descriptor.ts";
import { errnoOfDgram, udpWrapOf } from "./dgram.ts";
import type { Joinable } from "../kernel/joinable.ts";
import type { Asked } from "../kernel/receive_info.ts";
import { type SawMany, sawManyOf } from "../kernel/runs.ts";
import { openWaker, type Waker } from "./waker.ts";

/** A socket of node:dgram that waits for libc, through node:ffi, on its descriptor; or that has another wait. */
export class NodeKernelHandle extends KernelHandle implements Joinable {
  readonly sawMany: SawMany | null;
  readonly #inner: DgramSocket;
  readonly #keepAlive = new KeepAliveWhilePaused();
  #waker: DgramSocket | null = null;

  /** @param inner bound */
  constructor(inner: DgramSocket, kernel: Descriptor, host: Host, asked: Asked, waker: Waker | null = null) {
    super(kernel, host, waker?.standIn ?? null, asked);
    this.#inner = inner;
    inner.emit = ((event: string | symbol, first?: unknown, second?: unknown): boolean => {
      if (this.closed) return false;
      if (event === "message") this.woken(first as MessageBuffer, second as RemoteInfo);
      else if (event === "error") this.host.receiveError(errnoOfDgram(first), "recvmsg");
      else return EventEmitter.prototype.emit.call(inner, event, first, second);
      return true;
    }) as DgramSocket["emit"];
    if (waker !== null) this.#wakeBy(waker.inner);
    // Where libc receives all it does so for good.
    this.sawMany = waker !== null
      ? null
      : sawManyOf(asked, (runs) => import("../kernel/joining.ts").then(({ join }) => join(this, runs)));
  }

  #wakeBy(waker: DgramSocket): void {
    this.#waker = waker;
    udpWrapOf(this.#inner)!.recvStop();
    // Before an Error is made of it, with its stack, for each time that there is something to read.
    udpWrapOf(waker)!.onmessage = () => this.closed || this.rung();
  }

  takeOver(): boolean {
    const waker = openWaker(this.kernel.libc, this.kernel.fd);
    if (typeof waker === "number") return false;
    if (!udpWrapOf(this.#inner)!.hasRef()) waker.inner.unref();
    this.#wakeBy(waker.inner);
    this.receiveBy(waker.standIn);
    return true;
  }

  giveBack(): boolean {
    if (udpWrapOf(this.#inner)!.recvStart() !== 0) return false;
    this.receiveBy(null);
    this.#waker!.close();
    this.#waker = null;
    return true;
  }

  ref(): void {
    this.#inner.ref();
    this.#waker?.ref();
    this.#keepAlive.ref();
  }

  unref(): void {
    this.#inner.unref();
    this.#waker?.unref();
    this.#keepAlive.unref();
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
    this.#waker?.close();
    if (isOurs) {
      this.#inner.close();
    } else {
      udpWrapOf(this.#inner)!.recvStop();
      this.#inner.unref();
    }
  }
}
