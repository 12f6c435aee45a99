/** Collects garbage, and has what was freed be written to: who still reads there finds what nobody sends. */
import { Buffer } from "node:buffer";
import type { Calls } from "../../src/runtimes/libc/calls.ts";
import { runtime } from "./child.ts";
import { collector } from "./collector.ts";
import { POISON } from "./numbered.ts";

/** Of messages, of small blocks of memory, and of what libc sends from and receives into; and how many of each. */
const BLOCKS = [[64, 64], [128, 128], [256, 32], [1024, 8], [1472, 8], [4096, 4], [4256, 4], [9000, 2]] as const;
const LARGE = [16_384, 17_408, 30_000, 65_507];
const HUGE = [262_144, 2_164_736];

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
    // What one collection has found, V8 has surely freed with the next one.
    if (runtime !== "bun") this.#collect();
    for (const [size, count] of BLOCKS) for (let i = 0; i < count; i++) this.#fill(size);
    for (const size of this.collections % 4 === 0 ? [...LARGE, ...HUGE] : LARGE) this.#fill(size);
  }

  /** An allocator that is to clear memory may take it from elsewhere than one that is not. */
  #fill(size: number): void {
    this.#kept.push(new Uint8Array(new ArrayBuffer(size)).fill(POISON), Buffer.allocUnsafeSlow(size).fill(POISON));
  }

  /**
   * About one of `every` calls that carry datagrams begins and, if it succeeds, ends with it: errno is the call's own.
   * Of others it is one of sixteen times as many.
   */
  within(calls: Calls, every: number): Calls {
    let state = 1;
    const around = (call: Functions[string], every: number): Functions[string] => (...values) => {
      // Not each third, say: that could always be the same call of several.
      state = Math.imul(state, 0x5851_f42d) + 0x1405_7b7f | 0;
      const isDue = (state >>> 16) % every === 0;
      if (isDue) this.collect();
      const result = call(...values);
      if (isDue && result >= 0) this.collect();
      return result;
    };
    // Those of a runtime may be its own to keep.
    return new Proxy({} as Calls, {
      get: (_, name: string) =>
        around(
          (...values) => (calls as unknown as Functions)[name](...values),
          /send|syscall|recv/.test(name) ? every : 16 * every,
        ),
    });
  }
}
