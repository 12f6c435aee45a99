/** send, sendto and the send queue's size. */
import { isIP } from "./ip.ts";
import { nextTick } from "./process.ts";
import { bindImplicitly } from "./bind.ts";
import { getErrno, ipBlocked, queueFull } from "./errors.ts";
import { isLiteralOf, loopbackAddress } from "./numeric_address.ts";
import type { Outgoing } from "./outgoing.ts";
import { readConnected, readUnconnected } from "./send_arguments.ts";
import { kState, type State, type StatefulSocket } from "./state.ts";
import { validateNumber, validateString } from "./validate.ts";

export function send(
  this: StatefulSocket,
  message: unknown,
  offset: unknown,
  length: unknown,
  port: unknown,
  address: unknown,
  callback: unknown,
): void {
  const state = this[kState];
  const read = state.connection === "connected" ? readConnected : readUnconnected;
  const outgoing = read(message, offset, length, port, address, callback);
  state.checkNotClosing();
  accept(state, outgoing, false);
}

/** Takes a datagram over. Its caller's asynchronous context is that of the dispatch, as on Node. One of a batch waits for the others of its turn, on a connected socket too. */
export function accept(state: State, outgoing: Outgoing, inBatch: boolean): void {
  const { outbox } = state;
  if (!outbox.admit(outgoing)) {
    refuse(state, outgoing, queueFull());
    return;
  }
  if (state.binding === "unbound") bindImplicitly(state);
  // A look-up of the user's that answers at once has bound it by now.
  if (state.handle !== null) dispatch(state, outgoing, inBatch);
  else state.enqueue(() => dispatch(state, outgoing, inBatch), { dropped: () => drop(state, outgoing) });
}

function drop(state: State, outgoing: Outgoing): void {
  state.outbox.giveUp(outgoing);
  outgoing.abandon();
}

/** Tells the caller, or everybody if he does not listen. */
function refuse(state: State, outgoing: Outgoing, error: Error): void {
  // Its callback comes with the others of this turn, of which there may be very many.
  outgoing.forget();
  if (outgoing.watched) {
    outgoing.end(error);
    outgoing.watch(true);
  } else if (!state.closed) {
    nextTick(() => state.socket.emit("error", error));
  }
}

function dispatch(state: State, outgoing: Outgoing, inBatch: boolean): void {
  const left = route(state, outgoing, inBatch);
  if (outgoing.watched) outgoing.watch(left);
}

/** True if the datagram has left, or waits for something else than the end of this turn. */
function route(state: State, outgoing: Outgoing, inBatch: boolean): boolean {
  const { outbox, settings } = state;
  if (outgoing.toPeer) {
    if (inBatch) outbox.push(outgoing);
    else outbox.pushNow(outgoing);
    return !inBatch;
  }
  const hostname = outgoing.hostname || loopbackAddress(settings.family);
  if (settings.lookup === undefined && (hostname === state.lastLiteral || isIP(hostname) !== 0)) {
    aim(state, outgoing, hostname);
    outbox.push(outgoing);
    return false;
  }
  outbox.hold();
  try {
    state.lookups.resolve(settings.lookup, hostname, settings.family, (error, ip) => {
      if (error) {
        outgoing.refusal = error;
        if (!outgoing.watched && !state.closed) nextTick(() => state.socket.emit("error", error));
      } else {
        aim(state, outgoing, ip);
      }
      outbox.pushNow(outgoing);
      outbox.release();
    });
    return true;
  } catch (error) {
    outbox.giveUp(outgoing);
    outbox.release();
    throw error;
  }
}

/** Gives a datagram its numeric destination, or the reason why it has none. */
function aim(state: State, outgoing: Outgoing, ip: string): void {
  const { family, sendBlockList } = state.settings;
  outgoing.address = ip;
  if (ip !== state.lastLiteral) {
    if (!isLiteralOf(family, ip)) {
      outgoing.refusal = getErrno("EINVAL");
      return;
    }
    state.lastLiteral = ip;
  }
  if (sendBlockList?.check(ip, family === 4 ? "ipv4" : "ipv6")) outgoing.refusal = ipBlocked(ip);
}

export function sendto(
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
  send.call(this, message, offset, length, port, address, callback);
}

export function getSendQueueSize(this: StatefulSocket): number {
  const state = this[kState];
  state.checkRunning();
  return state.outbox.size + (state.handle?.queueSize ?? 0);
}

export function getSendQueueCount(this: StatefulSocket): number {
  const state = this[kState];
  state.checkRunning();
  return state.outbox.count + (state.handle?.queueCount ?? 0);
}
