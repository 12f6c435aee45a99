import type { Buffer } from "node:buffer";
import type { Host, RemoteInfo } from "../core/backend.ts";
import type { DenoNodeHandle } from "./deno_node_handle.ts";
import { mayUseHost } from "./deno_permissions.ts";
import { KernelHandle } from "./kernel_handle.ts";
import type { Descriptor } from "./libc/descriptor.ts";
import type { StandIn } from "./libc/stand_in.ts";
import type { Asked } from "./receive_info.ts";

/** A descriptor that a socket of Deno's node:dgram has adopted, and receives from; the rest is libc's. */
export class DenoNodeKernelHandle extends KernelHandle {
  readonly #receiver: DenoNodeHandle;

  constructor(
    receiver: DenoNodeHandle,
    kernel: Descriptor,
    host: Host,
    standIn: StandIn | null = null,
    asked: Asked = {},
  ) {
    super(kernel, host, standIn, asked);
    this.#receiver = receiver;
    if (standIn !== null) this.start();
  }

  /** The stand-in's ring, or what came before it was there. */
  heard(data: Buffer, from: RemoteInfo): void {
    this.woken(data, from);
  }

  protected allows(address: string, port: number): boolean {
    return mayUseHost(address, port);
  }

  ref(): void {
    this.#receiver.ref();
  }

  unref(): void {
    this.#receiver.unref();
  }

  /** It always does. */
  protected wait(): void {}

  protected override hold(): number {
    return this.#receiver.pause();
  }

  protected override letGo(): void {
    this.#receiver.resume();
  }

  protected release(): void {
    // Deno holds the descriptor until the pending receive has ended.
    this.kernel.vacate();
    this.#receiver.close(() => {});
  }
}

/** What a receiver tells that finds a stand-in in the place of its socket. */
export class Relay implements Host {
  handle: DenoNodeKernelHandle | null = null;

  message(data: Buffer, from: RemoteInfo): void {
    this.handle?.heard(data, from);
  }

  sent(): void {}

  drained(): void {}

  receiveError(): void {}

  closed(): void {}
}
