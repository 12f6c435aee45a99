import type { KernelOptions } from "../core/backend.ts";
import type { Descriptor } from "./libc/descriptor.ts";

/** IP_PMTUDISC_DONT and IP_PMTUDISC_DO of Linux, the same for IPv6. */
const PATH_MTU_DISCOVERY = { off: 0, on: 2 } as const;

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
    return this.#kernel.setForBoth("pathMTUDiscovery", on ? PATH_MTU_DISCOVERY.on : PATH_MTU_DISCOVERY.off);
  }

  pathMTU(): number {
    return this.#kernel.get("pathMTU");
  }

  bindToDevice(name: string): number {
    return this.#kernel.bindToDevice(name);
  }
}
