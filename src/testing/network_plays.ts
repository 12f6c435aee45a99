import { nothingElse } from "../core/nothing_else.ts";
import { validateObject } from "../core/validate.ts";
import { type Duration, toTime } from "./duration.ts";
import { stuck } from "./errors.ts";
import { Looks } from "./network_looks.ts";
import { checkKnown, toPositive } from "./read_options.ts";
import { sayReplay } from "./seed.ts";
import { Stillness } from "./stillness.ts";
import type { Timeline } from "./timeline.ts";

const DEFAULT_LIMIT = "1h";

/** What of a network is played. */
export interface Played {
  readonly timeline: Timeline;
  readonly seed: number;
  /** The test does not say the seed, so a failure does. */
  readonly replays: boolean;
}

/** The part of a network that lets time go by. */
export abstract class Plays extends Looks {
  protected abstract get played(): Played;

  run(options: { readonly for: Duration; readonly speed?: number | undefined }): Promise<void>;
  run<Result>(
    options: { readonly until: PromiseLike<Result>; readonly speed?: number | undefined },
  ): Promise<Awaited<Result>>;
  async run(
    options: { readonly for?: Duration; readonly until?: PromiseLike<unknown>; readonly speed?: number | undefined },
  ): Promise<unknown> {
    const { timeline } = this.played;
    validateObject(options, "options");
    checkKnown(options, ["for", "until", "speed"], "options");
    const { until } = options;
    const speed = options.speed === undefined ? undefined : toPositive(options.speed, "options.speed");
    if (until === undefined) {
      await timeline.run({ until: timeline.now + toTime(options.for, "options.for"), speed });
      return undefined;
    }
    let isSettled = false;
    const look = (): void => {
      isSettled = true;
      timeline.look();
    };
    until.then(look, look);
    await timeline.run({ settled: () => isSettled, speed });
    return await this.#sayReplay(until);
  }

  idle(options: { readonly within?: Duration | undefined } = nothingElse({})): Promise<void> {
    const { timeline } = this.played;
    validateObject(options, "options");
    const { within = DEFAULT_LIMIT } = options;
    const limit = timeline.now + toTime(within, "options.within");
    return this.#sayReplay(timeline.run({ idle: true, limit }));
  }

  step(): Promise<void> {
    return this.#sayReplay(this.played.timeline.run({ step: true }));
  }

  /** Calls back with what the program throws, and when a run can't end any more; until what it answers is called. */
  watch(fail: (error: unknown) => void, patience: number): () => void {
    const { timeline } = this.played;
    timeline.onThrown = fail;
    const stillness = new Stillness(timeline, patience, () => fail(stuck(this.netstat())));
    return () => stillness.stop();
  }

  async #sayReplay<Result>(promise: PromiseLike<Result>): Promise<Awaited<Result>> {
    try {
      return await promise;
    } catch (error) {
      const { replays, seed } = this.played;
      if (replays) sayReplay(error, seed);
      throw error;
    }
  }
}
