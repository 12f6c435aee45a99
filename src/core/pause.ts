/** pause, resume and isPaused. */
import { type Handle, UNAVAILABLE } from "./backend.ts";
import { checkResult, requireFeature } from "./features.ts";
import { HeldMessages } from "./held_messages.ts";
import { kState, runningState, type State, type StatefulSocket } from "./state.ts";

/** Methods of the class Socket. */
export const pauseMethods = {
  isPaused(this: StatefulSocket): boolean {
    return this[kState].paused;
  },

  pause(this: StatefulSocket): StatefulSocket {
    const state = runningState(this);
    requireFeature(state, "pause");
    // It may still tell what it held when it was paused before.
    if (!state.held) {
      if (state.handle) pauseHandle(state, state.handle);
      state.held = new HeldMessages(state);
    }
    state.paused = true;
    return this;
  },

  resume(this: StatefulSocket): StatefulSocket {
    const state = runningState(this);
    if (state.paused) {
      state.paused = false;
      state.held!.release();
    }
    return this;
  },
};

/** Throws if it can't be paused. */
export function pauseHandle(state: State, handle: Handle): void {
  checkResult(state, handle.pause?.() ?? UNAVAILABLE, "pause", "pause");
}
