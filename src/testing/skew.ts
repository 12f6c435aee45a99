/** How far a host's clock is off. Times are tenths of a microsecond. */
import type { Timeline } from "./timeline.ts";

interface Layer {
  readonly offset: number;
  readonly drift: number;
  readonly since: number;
}

export class Skew {
  readonly #timeline: Timeline;
  readonly #layers: Layer[] = [];

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** Until the answer is called; with others, it is added to them. */
  add({ offset, drift }: { readonly offset: number; readonly drift: number }): () => void {
    const layer = { offset, drift, since: this.#timeline.now };
    this.#layers.push(layer);
    return () => {
      const place = this.#layers.indexOf(layer);
      if (place >= 0) this.#layers.splice(place, 1);
    };
  }

  /** What the host takes for the time. */
  get now(): number {
    const { now } = this.#timeline;
    return this.#layers.reduce((sum, { offset, drift, since }) => sum + offset + (now - since) * drift, now);
  }

  /** How long it takes until its clock has gone on by so much. */
  wait(time: number): number {
    return Math.round(time / this.#layers.reduce((rate, { drift }) => rate + drift, 1));
  }
}
