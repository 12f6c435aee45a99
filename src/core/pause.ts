/** pause, resume and isPaused. */
import { UNAVAILABLE } from "./backend.ts";
import { systemCallError } from "./errors.ts";
import { requireFeature, unavailable } from "./features.ts";
import { HeldMessages } from "./held_messages.ts";
import { kState, runningState, type State, type StatefulSocket } from "./state.ts";

export function pause(this: StatefulSocket): StatefulSocket {
  const state = runningState(this);
  requireFeature(state, "pause");
  if (state.paused) return this;
  if (state.held === null) {
    const error = state.handle === null ? null : pauseHandle(state, state.handle);
    if (error !== null) throw error;
    state.held = new HeldMessages(state);
  }
  state.paused = true;
  return this;
}

export function resume(this: StatefulSocket): StatefulSocket {
  const state = runningState(this);
  if (!state.paused) return this;
  state.paused = false;
  state.held!.release();
  return this;
}

export function isPaused(this: StatefulSocket): boolean {
  return this[kState].paused;
}

/** Null, or why it can't be paused. */
export function pauseHandle(state: State, handle: NonNullable<State["handle"]>): Error | null {
  const errno = handle.pause?.() ?? UNAVAILABLE;
  if (errno === UNAVAILABLE) return unavailable(state, "pause");
  return errno < 0 ? systemCallError(errno, "pause") : null;
}
