import { nextTick } from "../core/process.ts";
import type { HostStack } from "./host_stack.ts";

type Answer = (error: Error | null, address: string) => void;

/** The names of a network: those of its hosts, and those that were added. */
export class Names {
  readonly #hosts: ReadonlyMap<string, HostStack>;
  readonly #added: Map<string, readonly string[]> = new Map();

  constructor(hosts: ReadonlyMap<string, HostStack>) {
    this.#hosts = hosts;
  }

  /** Those that are not hosts'. */
  get added(): ReadonlyMap<string, readonly string[]> {
    return this.#added;
  }

  set(name: string, addresses: readonly string[]): void {
    this.#added.set(name, addresses);
  }

  /** On the next tick, as from a cache. IPv4 comes first where either will do. */
  lookUp(hostname: string, family: number, callback: Answer): void {
    const found = this.addressesOf(hostname).find((address) =>
      family === 0 || (family === 6) === address.includes(":")
    );
    if (found !== undefined) return nextTick(callback, null, found);
    const error = new Error(`There is no ${hostname} in this network`);
    nextTick(callback, Object.assign(error, { code: "ENOTFOUND" }), "");
  }

  /** All that a name stands for. */
  addressesOf(hostname: string): readonly string[] {
    if (hostname === "localhost") return ["127.0.0.1", "::1"];
    const added = this.#added.get(hostname);
    if (added !== undefined) return added;
    return this.#hosts.get(hostname)?.interfaces.addresses ?? [];
  }
}
