/** The links between a network's hosts: one, with what its default is, between any two. */
import { nothingElse } from "../core/nothing_else.ts";
import { Direction } from "./direction.ts";
import type { ReadFaults } from "./faults.ts";
import type { HostStack } from "./host_stack.ts";
import { LinkCounts } from "./link_counts.ts";

/** What was said of a direction, the latest last. */
interface Known {
  readonly layers: ReadFaults[];
  readonly direction: Direction;
}

/** Faults that have nothing to remember from one datagram to the next. */
const PLAIN: readonly string[] = ["hops", "mtu", "cut"];

/** Directions that have nothing to remember are kept for so many hosts: those of all pairs would be too many. */
const MOST_KEPT = 256;

export class Links {
  readonly #seed: number;
  readonly #byDefault: ReadFaults;
  readonly #isPlain: boolean;
  readonly #known: Map<HostStack, Map<HostStack, Known>> = new Map();
  /** Of those that are not kept. */
  readonly #others: LinkCounts = new LinkCounts();

  constructor(seed: number, byDefault: ReadFaults, isPlain: boolean) {
    this.#seed = seed;
    this.#byDefault = byDefault;
    this.#isPlain = isPlain;
  }

  direction(from: HostStack, to: HostStack): Direction {
    const known = this.#known.get(from)?.get(to);
    if (known !== undefined) return known.direction;
    return this.#isPlain && this.#known.size > MOST_KEPT
      ? this.#make(from, to, this.#others)
      : this.#remember(from, to).direction;
  }

  /** Says something of a direction, until the answer is called. */
  add(from: HostStack, to: HostStack, faults: ReadFaults): () => void {
    const known = this.#known.get(from)?.get(to) ?? this.#remember(from, to);
    // One object each: the same may be said twice.
    const layer = { ...faults };
    known.layers.push(layer);
    this.#merge(known);
    return () => {
      const place = known.layers.indexOf(layer);
      if (place < 0) return;
      known.layers.splice(place, 1);
      this.#merge(known);
    };
  }

  /** What each direction has carried; that of the others, without names, comes last. */
  *counts(): Iterable<{ readonly from: string; readonly to: string; readonly counts: LinkCounts }> {
    for (const [from, others] of this.#known) {
      for (const [to, { direction: { counts } }] of others) yield { from: from.name, to: to.name, counts };
    }
    yield { from: "", to: "", counts: this.#others };
  }

  /** Forgets a host. */
  remove(host: HostStack): void {
    this.#known.delete(host);
    for (const others of this.#known.values()) others.delete(host);
  }

  #remember(from: HostStack, to: HostStack): Known {
    const known = { layers: [], direction: this.#make(from, to) };
    const others = this.#known.get(from);
    if (others === undefined) this.#known.set(from, new Map([[to, known]]));
    else others.set(to, known);
    return known;
  }

  #make(from: HostStack, to: HostStack, counts?: LinkCounts): Direction {
    const direction = new Direction(from, to, this.#seed, counts);
    direction.faults = this.#byDefault;
    return direction;
  }

  #merge({ layers, direction }: Known): void {
    direction.faults = Object.assign(nothingElse({}), this.#byDefault, ...layers);
  }
}

/** Whether directions need not be kept. */
export function isPlain(faults: object): boolean {
  return Object.entries(faults).every(([name, value]) =>
    PLAIN.includes(name) || value === undefined ||
    (name === "latency" && typeof value !== "object" && typeof value !== "function")
  );
}
