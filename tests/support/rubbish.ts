/** Collects garbage, and has what was freed be written to: who still reads there finds what nobody sends. */
import { Buffer } from "node:buffer";
import type { Calls } from "../../src/runtimes/libc/calls.ts";
import { collector } from "./collector.ts";
import { POISON } from "./numbered.ts";

/** Of messages, and of what libc sends from and receives into. */
const SIZES = [128, 512, 1472, 4096, 4256, 9216, 16_384, 17_408, 30_000, 65_507, 262_144, 2_164_736];
const EACH = 4;

type Functions = Record<string, (...values: unknown[]) => number>;

export class Rubbish {
  /** How often garbage was collected. */
  collections = 0;
  readonly #collect = collector();
  #kept: Uint8Array[] = [];

  collect(): void {
    this.collections++;
    this.#kept = [];
    this.#collect();
    // What one collection has found, the next one has surely freed.
    this.#collect();
    for (const size of SIZES) {
      for (let i = 0; i < EACH && (i === 0 || size < 100_000); i++) {
        this.#kept.push(new Uint8Array(size).fill(POISON), Buffer.alloc(size, POISON));
      }
    }
  }

  /** Each of `every` calls begins and, if it succeeds, ends with it: errno is the call's own. */
  within(calls: Calls, every: number): Calls {
    let count = 0;
    const around = (call: Functions[string]): Functions[string] => (...values) => {
      const isDue = ++count % every === 0;
      if (isDue) this.collect();
      const result = call(...values);
      if (isDue && result >= 0) this.collect();
      return result;
    };
    // Those of a runtime may be its own to keep.
    return new Proxy({} as Calls, {
      get: (_, name) => around((...values) => (calls as unknown as Functions)[name as string](...values)),
    });
  }
}
