/** The asynchronous context of a socket, kept open where to enter it anew costs more. */
import type { AsyncResource } from "node:async_hooks";
import { nextTick } from "../core/process.ts";
import type { Timeline } from "./timeline.ts";

/**
 * Deno 2.9.5 allocates whenever AsyncResource.runInAsyncScope() is called, for about a microsecond; what follows a promise costs
 * a fourth of that there. Node 26 and Bun 1.3 enter for less than they follow promises.
 */
export const keepsContexts: boolean = "Deno" in globalThis;

/** What was entered longer ago than so many entries is likely not to be in the processor's memory any more. */
const RECENT = 2048;

let entries = 0;

export class KeptContext {
  /** This turn is in the context. */
  isEntered = false;
  readonly #resource: AsyncResource;
  readonly #timeline: Timeline;
  #resolve: (() => void) | null = null;
  #latest = -Infinity;

  constructor(resource: AsyncResource, timeline: Timeline) {
    this.#resource = resource;
    this.#timeline = timeline;
  }

  /** Has the timeline's turn be in the context, if it was here lately. */
  enter(): boolean {
    const isRecent = ++entries - this.#latest <= RECENT;
    this.#latest = entries;
    if (!isRecent) return false;
    if (this.#resolve === null) this.#resource.runInAsyncScope(this.#follow, this);
    this.#resolve!();
    return true;
  }

  /** What follows a promise is in the context in which it was begun. */
  async #follow(): Promise<never> {
    const wait = (resolve: () => void): void => void (this.#resolve = resolve);
    const turn = (): void => {
      this.isEntered = true;
      try {
        this.#timeline.turn();
      } finally {
        this.isEntered = false;
      }
    };
    for (;;) {
      await new Promise<void>(wait);
      nextTick(turn);
    }
  }
}
