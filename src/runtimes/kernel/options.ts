import type { AddressInfo, KernelOptions } from "../../core/backend.ts";
import type { Descriptor } from "../libc/descriptor.ts";

/** What libc can do on a socket's descriptor and no runtime has a method for. */
export class DescriptorOptions implements KernelOptions {
  readonly #kernel: Descriptor;

  constructor(kernel: Descriptor) {
    this.#kernel = kernel;
  }

  setTrafficClass(value: number): number {
    return this.#kernel.setForBoth("trafficClass", value);
  }

  setDontFragment(on: boolean): number {
    const { dontFragment } = this.#kernel.layout;
    return this.#kernel.setForBoth("dontFragment", on ? dontFragment.on : dontFragment.off);
  }

  /**
   * Linux 6.18 keeps a way, also one that has gone (its MTU is 68), or has forgotten it with an option (ENOTCONN), until
   * something is sent without an address, which on Bun nothing is. Who connects again has it look.
   */
  pathMTU({ address, port }: AddressInfo): number {
    return this.#kernel.connect(address, port) || this.#kernel.get("pathMTU");
  }

  bindToDevice(name: string): number {
    return this.#kernel.bindToDevice(name);
  }
}
