/** send, sendto and the send queue's size. */
import { isIP } from "./ip.ts";
import { bindImplicitly } from "./bind.ts";
import { getErrno, queueFull } from "./errors.ts";
import { isLiteralOf, loopbackAddress } from "./numeric_address.ts";
import { canceled } from "./outbox.ts";
import type { Ending, Outgoing } from "./outgoing.ts";
import { throwLater } from "./process.ts";
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
  if (!inBatch && state.binding === "unbound") {
    bindImplicitly(state);
    // A look-up of the user's may have closed it by now, or has bound it by answering at once, and a listener has.
    checkNotClosing(state);
  }
  if (!state.outbox.admit(outgoing)) {
    const error = queueFull();
    // Its callback comes with the others of this turn, of which there may be very many.
    outgoing.forget();
    endNow(outgoing, error);
    if (!outgoing.watched) tellEverybody(state, error);
  } else if (state.handle) {
    try {
      dispatch(state, outgoing, inBatch);
    } catch (error) {
      if (!inBatch) throw error;
      // The others of its batch are to leave. The batch is told of it, unless the look-up had answered before.
      if (error !== outgoing.refusal) throwLater(error);
    }
  } else if (inBatch && (state.closed || state.binding === "unbound")) {
    // Of a batch that was done for all; by now it can have failed, or somebody who is asked has closed the socket.
    drop(state, outgoing, state.closed);
  } else {
    state.enqueue(() => dispatch(state, outgoing, inBatch, true), (canceled) => drop(state, outgoing, canceled));
  }
}

/** If the bind failed, its callback never comes, as on Node. */
function drop(state: State, outgoing: Outgoing, isCanceled: boolean): void {
  state.outbox.giveUp(outgoing, isCanceled);
  if (!isCanceled) return outgoing.abandon();
  endNow(outgoing, canceled());
}

function endNow(outgoing: Outgoing, ending: Ending): void {
  outgoing.end(ending);
  if (outgoing.watched) outgoing.watch(true);
}

function dispatch(state: State, outgoing: Outgoing, inBatch: boolean, late = inBatch): void {
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
    return lookUp(state, outgoing, hostname, late);
  }
  if (outgoing.watched) outgoing.watch(!inBatch);
}

/** What the user's look-up throws is the caller's, but for a `late` one, or one of a batch: it was accepted. What it answered before counts all the same. */
function lookUp(state: State, outgoing: Outgoing, hostname: string, late: boolean): void {
  const { outbox, settings } = state;
  let failed = false;
  outbox.hold(outgoing);
  try {
    state.lookups.resolve(settings, hostname, (error, ip) => {
      if (!outbox.holds(outgoing)) return;
      if (error) {
        outgoing.refusal = typeof error === "number" ? Object(error) : error;
        if (!outgoing.watched) tellEverybody(state, error);
      } else {
        aim(state, outgoing, ip);
      }
      outbox.pushNow(outgoing);
    }, (error) => {
      failed = true;
      if (!outbox.holds(outgoing)) return;
      // What is thrown may be anything, and a number would be an errno.
      outgoing.refusal = Object(error);
      if (late) outbox.pushNow(outgoing);
      else outbox.giveUp(outgoing);
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
