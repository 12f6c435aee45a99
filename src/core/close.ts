/** close, ref, unref and asyncDispose. */
import { builtin } from "./builtins.ts";
import { nextTick } from "./process.ts";
import { notRunning } from "./errors.ts";
import { StuckSends } from "./stuck_sends.ts";
import { kState, type State, type StatefulSocket } from "./state.ts";

export function close(this: StatefulSocket, callback?: unknown): StatefulSocket {
  const state = this[kState];
  if (typeof callback === "function") this.on("close", callback as () => void);
  if (state.closing) throw notRunning();
  state.closing = true;
  const run = (): void => carryOut(state);
  if (state.queued) state.enqueue(run, { dropped: run });
  else run();
  return this;
}

/** Nothing reaches the user from here on but the ends of the sends accepted before, and then 'close'. */
function carryOut(state: State): void {
  state.closed = true;
  state.held = null;
  state.connection = "disconnected";
  const emit = (): void => void state.socket.emit("close");
  // The callbacks of sends that leave with this flush, or left with one in this turn, come a tick later than it.
  const tell = builtin("async_hooks").AsyncResource.bind(
    state.outbox.calledBack ? () => nextTick(emit) : () => nextTick(nextTick, emit),
  );
  let stuck: StuckSends | undefined;
  state.outbox.whenIdle(() => {
    const { handle } = state;
    stuck?.forget();
    state.handle = null;
    if (handle === null) tell();
    else handle.close(tell);
  });
  if (!state.outbox.idle) stuck = new StuckSends(state);
}

/** Somebody else closed the socket below: there is no handle to close any more. */
export function closedBelow(state: State): void {
  if (state.handle === null) return;
  state.handle = null;
  state.outbox.abandon();
  if (state.closed) return;
  state.closing = true;
  carryOut(state);
}

export function ref(this: StatefulSocket): StatefulSocket {
  const state = this[kState];
  state.referenced = true;
  state.handle?.ref();
  return this;
}

export function unref(this: StatefulSocket): StatefulSocket {
  const state = this[kState];
  state.referenced = false;
  state.handle?.unref();
  return this;
}

export async function dispose(this: StatefulSocket): Promise<void> {
  const state = this[kState];
  if (state.closed && state.handle === null) return;
  await new Promise<void>((done) => {
    this.once("close", done);
    if (!state.closing) this.close();
  });
}
