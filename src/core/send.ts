/** send, sendto and the send queue's size. */
import { isIP } from "node:net";
import { nextTick } from "node:process";
import { bindImplicitly } from "./bind.ts";
import { getErrno, ipBlocked } from "./errors.ts";
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
  if (state.binding === "unbound") bindImplicitly(state);
  // A look-up of the user's that answers at once has bound it by now.
  if (state.handle === null) state.enqueue(() => dispatch(state, outgoing));
  else dispatch(state, outgoing);
  if (outgoing.watched) outgoing.watch(state.handle?.deferred ?? false);
}

function dispatch(state: State, outgoing: Outgoing): void {
  const { outbox, settings } = state;
  if (outgoing.toPeer) {
    outbox.pushNow(outgoing);
    return;
  }
  const hostname = outgoing.hostname || loopbackAddress(settings.family);
  if (settings.lookup === undefined && (hostname === state.lastLiteral || isIP(hostname) !== 0)) {
    aim(state, outgoing, hostname);
    outbox.push(outgoing);
    return;
  }
  outbox.hold();
  try {
    state.lookups.resolve(settings.lookup, hostname, settings.family, (error, ip) => {
      if (error === null || error === undefined) aim(state, outgoing, ip);
      else if (outgoing.watched) outgoing.refusal = error;
      else if (!state.closed) nextTick(() => state.socket.emit("error", error));
      if (!error || outgoing.watched) outbox.push(outgoing);
      outbox.release();
    });
  } catch (error) {
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
