import type { Buffer } from "node:buffer";
import type { Socket as DgramSocket } from "node:dgram";
import { EventEmitter } from "node:events";
import type { Host, RemoteInfo } from "../core/backend.ts";
import { KeepAliveWhilePaused } from "./keep_alive.ts";
import { KernelHandle } from "./kernel_handle.ts";
import type { Descriptor } from "./libc/descriptor.ts";
import type { StandIn } from "./libc/stand_in.ts";
import { errnoOf, udpWrapOf } from "./node_dgram.ts";
import type { Asked } from "./receive_info.ts";

/** A socket of node:dgram that waits for libc, through node:ffi, on its descriptor. */
export class NodeKernelHandle extends KernelHandle {
  readonly #inner: DgramSocket;
  readonly #keepAlive = new KeepAliveWhilePaused();

  /** @param inner bound */
  constructor(inner: DgramSocket, kernel: Descriptor, host: Host, standIn: StandIn | null = null, asked: Asked = {}) {
    super(kernel, host, standIn, asked);
    this.#inner = inner;
    inner.emit = ((event: string | symbol, first?: unknown, second?: unknown): boolean => {
      if (this.closed) return false;
      if (event === "message") this.woken(first as Buffer, second as RemoteInfo);
      else if (event === "error" && standIn !== null) this.rung();
      else if (event === "error") this.host.receiveError(errnoOf(first), "recvmsg");
      else return EventEmitter.prototype.emit.call(inner, event, first, second);
      return true;
    }) as DgramSocket["emit"];
  }

  ref(): void {
    this.#inner.ref();
    this.#keepAlive.setReferenced(true);
  }

  unref(): void {
    this.#inner.unref();
    this.#keepAlive.setReferenced(false);
  }

  protected allows(): boolean {
    return true;
  }

  /** It always does. */
  protected wait(): void {}

  protected override hold(): number {
    const errno = udpWrapOf(this.#inner)!.recvStop();
    if (errno === 0) this.#keepAlive.setPaused(true);
    return errno;
  }

  protected override letGo(): void {
    udpWrapOf(this.#inner)!.recvStart();
    this.#keepAlive.setPaused(false);
  }

  protected release(): void {
    this.#keepAlive.setPaused(false);
    this.kernel.close();
    this.#inner.close();
  }
}
