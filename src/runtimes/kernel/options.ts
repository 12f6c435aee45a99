import type { KernelOptions } from "../../core/backend.ts";
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

  pathMTU(): number {
    return this.#kernel.get("pathMTU");
  }

  bindToDevice(name: string): number {
    return this.#kernel.bindToDevice(name);
  }
}
