/** close, ref, unref and asyncDispose. */
import { asyncResource, builtin } from "./builtins.ts";
import { nextTick } from "./process.ts";
import { type Timers, waitPatiently } from "./wait_patiently.ts";
import { checkNotClosing, kState, type State, type StatefulSocket } from "./state.ts";

/** Methods of the class Socket. */
export const closeMethods = {
  close(this: StatefulSocket, callback?: unknown): StatefulSocket {
    const state = this[kState];
    if (typeof callback === "function") this.on("close", callback as () => void);
    checkNotClosing(state);
    state.closing = true;
    const run = (): void => carryOut(state);
    if (state.queue) {
      state.enqueue(run, run);
      limitWait(state);
    } else {
      run();
    }
    return this;
  },

  ref(this: StatefulSocket): StatefulSocket {
    const state = this[kState];
    state.referenced = true;
    state.handle?.ref();
    return this;
  },

  unref(this: StatefulSocket): StatefulSocket {
    const state = this[kState];
    state.referenced = false;
    state.handle?.unref();
    return this;
  },
};

/** Closes without waiting for look-ups and for room in the kernel; a bind that needs no look-up ends in this turn. */
export function abort(socket: StatefulSocket): void {
  const state = socket[kState];
  if (!state.closing) socket.close();
  if (state.closed) giveUp(state);
  else timersOf(state).setImmediate(() => giveUp(state));
}

function timersOf({ settings }: State): Timers {
  return settings.backend.clock ?? builtin("timers") as unknown as Timers;
}

function limitWait(state: State): void {
  state.stopWaiting ??= waitPatiently(timersOf(state), () => state.outbox.ended, () => giveUp(state));
}

function giveUp(state: State): void {
  if (state.closed) state.outbox.cancel();
  else state.endQueue();
}

/** Nothing reaches the user from here on but the ends of the sends accepted before, and then 'close'. */
function carryOut(state: State): void {
  // Somebody else has closed it while what waited for its bind was carried out.
  if (state.closed) return;
  const { outbox } = state;
  state.closed = true;
  const emit = (): void => void state.socket.emit("close");
  const { calledBack } = outbox;
  // The callbacks of sends that leave with this flush, or left with one in this turn, come a tick later than it.
  const tell = asyncResource().bind(() => calledBack ? nextTick(emit) : nextTick(nextTick, emit));
  outbox.whenIdle(() => {
    const { handle } = state;
    state.stopWaiting?.();
    state.handle = null;
    if (!handle) tell();
    else handle.close(tell);
  });
  // Who observes the outbox has seen by now what was held.
  state.held = null;
  if (!outbox.idle) limitWait(state);
}

/** Somebody else closes the socket below: there is no handle to close any more, and nothing to wait for. */
export function closedBelow(state: State): void {
  if (!state.handle) return;
  state.handle = null;
  state.outbox.abandon();
  // It may be the 'listening' that all this waits for.
  state.endQueue();
  state.closing = true;
  carryOut(state);
}

export async function dispose(this: StatefulSocket): Promise<void> {
  const state = this[kState];
  if (state.closed && !state.handle) return;
  await new Promise<void>((done) => {
    this.once("close", done);
    if (!state.closing) this.close();
  });
}
