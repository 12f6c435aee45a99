import type { Host, OpenOptions } from "../../core/backend.ts";
import type { DenoNodeHandle } from "./node_handle.ts";
import { mayUseHost } from "./permissions.ts";
import { KernelHandle } from "../kernel/handle.ts";
import type { Descriptor } from "../libc/descriptor.ts";
import { vacate } from "./vacate.ts";

/** A descriptor that a socket of Deno's node:dgram has adopted, and receives from; the rest is libc's. */
export class DenoNodeKernelHandle extends KernelHandle {
  readonly #receiver: DenoNodeHandle;

  constructor(receiver: DenoNodeHandle, kernel: Descriptor, { segmentation }: OpenOptions, host: Host) {
    super(kernel, host, null, { segmentation });
    this.#receiver = receiver;
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
  wait(): void {}

  override hold(): number {
    return this.#receiver.pause();
  }

  override letGo(): void {
    this.#receiver.resume();
  }

  protected release(): void {
    const isOurs = this.kernel.isOurs();
    // Deno holds the descriptor until the pending receive has ended.
    vacate(this.kernel);
    if (isOurs) this.#receiver.close(() => {});
    else this.#receiver.abandon();
  }
}
