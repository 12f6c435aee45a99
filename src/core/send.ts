/** send, sendto and the send queue's size. */
import { isIP } from "./ip.ts";
import { bindImplicitly } from "./bind.ts";
import { getErrno, notRunning, queueFull } from "./errors.ts";
import { isLiteralOf, loopbackAddress } from "./numeric_address.ts";
import { canceled } from "./outbox.ts";
import type { Ending, Outgoing } from "./outgoing.ts";
import { readConnected, readUnconnected } from "./send_arguments.ts";
import { checkNotClosing, kState, runningState, type State, type StatefulSocket } from "./state.ts";
import { tellEverybody } from "./tell_everybody.ts";
import { validateNumber, validateString } from "./validate.ts";

/** Methods of the class Socket. */
export const sendMethods = {
  getSendQueueCount(this: StatefulSocket): number {
    const state = runningState(this);
    return state.outbox.count + (state.handle?.queueCount ?? 0);
  },

  getSendQueueSize(this: StatefulSocket): number {
    const state = runningState(this);
    return state.outbox.size + (state.handle?.queueSize ?? 0);
  },

  send(
    this: StatefulSocket,
    message: unknown,
    offset: unknown,
    length: unknown,
    port: unknown,
    address: unknown,
    callback: unknown,
  ): void {
    const state = this[kState];
    const read = state.peer === null ? readUnconnected : readConnected;
    const outgoing = read(message, offset, length, port, address, callback);
    checkNotClosing(state);
    accept(state, outgoing, false);
  },

  sendto(
    this: StatefulSocket,
    message: unknown,
    offset: unknown,
    length: unknown,
    port: unknown,
    address: unknown,
    callback: unknown,
  ): void {
    validateNumber(offset, "offset");
    validateNumber(length, "length");
    validateNumber(port, "port");
    validateString(address, "address");
    sendMethods.send.call(this, message, offset, length, port, address, callback);
  },
};

/** Takes a datagram over. Its caller's asynchronous context is that of the dispatch, as on Node. One of a batch waits for the others of its turn, on a connected socket too. */
export function accept(state: State, outgoing: Outgoing, inBatch: boolean): void {
  const { outbox } = state;
  if (!outbox.admit(outgoing)) return refuse(state, outgoing, queueFull());
  if (state.binding === "unbound") {
    // That was done for the whole batch; a look-up of the user's that answers at once can have failed it by now.
    if (inBatch) return drop(state, outgoing);
    bindImplicitly(state);
  }
  // A look-up of the user's that answers at once has bound it by now, and a listener may have closed it.
  if (state.handle) dispatch(state, outgoing, inBatch);
  else if (state.closed) {
    outbox.giveUp(outgoing);
    throw notRunning();
  } else state.enqueue(() => dispatch(state, outgoing, inBatch), (canceled) => drop(state, outgoing, canceled));
}

/** If the bind failed, its callback never comes, as on Node. */
function drop(state: State, outgoing: Outgoing, isCanceled?: boolean): void {
  state.outbox.giveUp(outgoing);
  if (!isCanceled) return outgoing.abandon();
  endNow(outgoing, canceled());
}

function endNow(outgoing: Outgoing, ending: Ending): void {
  outgoing.end(ending);
  if (outgoing.watched) outgoing.watch(true);
}

/** Tells the caller, or everybody if he does not listen. */
function refuse(state: State, outgoing: Outgoing, error: Error): void {
  // Its callback comes with the others of this turn, of which there may be very many.
  outgoing.forget();
  endNow(outgoing, error);
  if (!outgoing.watched) tellEverybody(state, error);
}

function dispatch(state: State, outgoing: Outgoing, inBatch: boolean): void {
  const hostname = outgoing.hostname || loopbackAddress(state.settings.family);
  const { outbox, settings } = state;
  const { toPeer } = outgoing;
  if (toPeer && !inBatch) {
    outbox.pushNow(outgoing);
  } else if (toPeer || !settings.lookup && !state.connecting && (hostname === state.lastLiteral || isIP(hostname))) {
    if (!toPeer) aim(state, outgoing, hostname);
    if (outbox.push(outgoing)) return;
    inBatch = true;
  } else {
    return lookUp(state, outgoing, hostname);
  }
  if (outgoing.watched) outgoing.watch(!inBatch);
}

/** What the user's look-up throws is the caller's; what it answered before counts all the same. */
function lookUp(state: State, outgoing: Outgoing, hostname: string): void {
  const { outbox, settings } = state;
  let failed = false;
  outbox.hold(outgoing);
  try {
    state.lookups.resolve(settings, hostname, (error, ip) => {
      if (!outbox.holds(outgoing)) return;
      if (error) {
        outgoing.refusal = error;
        if (!outgoing.watched) tellEverybody(state, error);
      } else {
        aim(state, outgoing, ip);
      }
      outbox.pushNow(outgoing);
    }, () => {
      failed = true;
      outbox.giveUp(outgoing);
      outbox.release(outgoing);
    });
  } finally {
    if (outgoing.watched && !failed) {
      // Whenever the answer comes, the callback is to come a tick later.
      if (outbox.holds(outgoing)) outgoing.answer();
      else outgoing.watch(true);
    }
  }
}

/** Gives a datagram its numeric destination, or the reason why it has none. */
function aim(state: State, outgoing: Outgoing, ip: string): void {
  outgoing.address = ip;
  // A look-up may have answered nothing.
  if (ip && ip === state.lastLiteral) return;
  if (isLiteralOf(state.settings.family, ip)) state.lastLiteral = ip;
  else outgoing.refusal = getErrno("EINVAL");
}
