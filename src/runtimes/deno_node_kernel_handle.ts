import type { Host } from "../core/backend.ts";
import type { DenoNodeHandle } from "./deno_node_handle.ts";
import { mayUseHostNow } from "./deno_permissions.ts";
import { KernelHandle } from "./kernel_handle.ts";
import type { Descriptor } from "./libc/descriptor.ts";

/** A descriptor that a socket of Deno's node:dgram has adopted, and receives from; the rest is libc's. */
export class DenoNodeKernelHandle extends KernelHandle {
  readonly #receiver: DenoNodeHandle;

  constructor(receiver: DenoNodeHandle, kernel: Descriptor, host: Host) {
    super(kernel, host);
    this.#receiver = receiver;
  }

  protected allows(address: string, port: number): boolean {
    return mayUseHostNow(address, port);
  }

  ref(): void {
    this.#receiver.ref();
  }

  unref(): void {
    this.#receiver.unref();
  }

  /** It always does. */
  protected wait(): void {}

  protected release(): void {
    // Deno holds the descriptor until the pending receive has ended.
    this.kernel.vacate();
    this.#receiver.close(() => {});
  }
}
