import { nothingElse } from "../core/nothing_else.ts";
import { type Change, changeOf } from "./change.ts";
import { VirtualClock } from "./clock.ts";
import type { FakeTimers, InstallOptions, NetworkTime } from "./clock_types.ts";
import { FakeFollower } from "./fake_timers.ts";
import { installTimers } from "./installed_timers.ts";
import type { Timeline } from "./timeline.ts";

/** What a network has for its clock: it can take the place of others, and lead them. */
export class NetworkVirtualClock extends VirtualClock implements NetworkTime {
  readonly #timeline: Timeline;

  constructor(timeline: Timeline) {
    super(timeline);
    this.#timeline = timeline;
  }

  readonly install = (options: InstallOptions = nothingElse({})): Change =>
    this.#timeline.untilTheEnd(installTimers(this, options));

  readonly join = (timers: FakeTimers): Change => {
    const timeline = this.#timeline;
    const follower = new FakeFollower(timeline, timers);
    timeline.follower = follower;
    return timeline.untilTheEnd(changeOf(() => {
      if (timeline.follower === follower) timeline.follower = null;
    }));
  };
}
