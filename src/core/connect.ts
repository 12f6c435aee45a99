/** connect, connectSync and disconnect. */
import { nextTick } from "./process.ts";
import { alreadyBound, getErrno, isConnected, notConnected, systemCallErrorAt } from "./errors.ts";
import type { AddressInfo } from "./backend.ts";
import { bindImplicitly, bindNow } from "./bind.ts";
import { blockedBy } from "./block_list.ts";
import { resolve } from "./lookup.ts";
import { anyAddress, isLiteralOf, loopbackAddress } from "./numeric_address.ts";
import {
  checkNotClosing,
  emitSoon,
  kState,
  onBindEnd,
  runningState,
  type State,
  type StatefulSocket,
} from "./state.ts";
import { validateNumericAddress, validatePort, validateString } from "./validate.ts";

/** Methods of the class Socket. */
export const connectMethods = {
  connect(this: StatefulSocket, port: unknown, address: unknown, callback: unknown): void {
    const state = this[kState];
    const portNumber = validatePort(port);
    let hostname = address === undefined ? "" : address;
    if (typeof hostname === "function") {
      callback = hostname;
      hostname = "";
    }
    validateString(hostname, "address");
    if (state.connecting || state.peer) throw isConnected();
    checkNotClosing(state);
    state.connecting = true;
    if (state.binding === "unbound") bindForConnect(state);
    const run = (): void => lookUpAndConnect(state, portNumber, hostname as string, callback as () => void);
    if (!state.handle) state.enqueue(run);
    else run();
  },

  connectSync(this: StatefulSocket, port: unknown, address?: unknown): void {
    const state = this[kState];
    checkNotClosing(state);
    const portNumber = validatePort(port);
    if (state.connecting || state.peer) throw isConnected();
    const { family } = state.settings;
    const hostname = (address ?? "") === "" ? loopbackAddress(family) : address;
    validateString(hostname, "address");
    validateNumericAddress(hostname, "address", "connectSync");
    if (state.binding === "binding") throw alreadyBound();
    if (state.binding === "unbound") bindNow(state, anyAddress(family), 0);
    const error = establish(state, hostname, portNumber, hostname);
    if (error) throw error;
    checkNotClosing(state);
    emitSoon(state, "connect");
  },

  disconnect(this: StatefulSocket): void {
    const state = this[kState];
    if (!state.peer) throw notConnected();
    runningState(this);
    state.outbox.addressTo(state.peer);
    const errno = state.handle!.disconnect();
    if (errno < 0) throw systemCallErrorAt(errno, "disconnect");
    state.peer = null;
    // Before it can be connected again, which some systems refuse to send past.
    state.outbox.drained();
  },
};

/** If that bind fails, the socket is not connecting any more; nothing is queued by then that close() would wait for. */
function bindForConnect(state: State): void {
  const giveUp = (): void => {
    state.connecting = false;
    forget();
  };
  const forget = onBindEnd(state.socket, () => {}, giveUp);
  try {
    bindImplicitly(state);
  } catch (error) {
    giveUp();
    throw error;
  }
}

function lookUpAndConnect(state: State, port: number, hostname: string, callback: (error?: Error) => void): void {
  const { settings, socket } = state;
  if (callback) socket.once("connect", callback);
  const fail = (error: Error): void => {
    state.connecting = false;
    nextTick(() => {
      if (callback) {
        socket.removeListener("connect", callback);
        callback(error);
      } else {
        socket.emit("error", error);
      }
    });
  };
  resolve(settings, hostname || loopbackAddress(settings.family), (error, ip) => {
    if (state.closed) return;
    const failure = error ?? establish(state, ip, port, hostname);
    if (failure) fail(failure);
    else if (state.peer) nextTick(() => socket.emit("connect"));
  });
}

/** Where there is no error. */
type Nothing = null | 0 | false;

/** Connects in the kernel; the error, or nothing: also if the block list has closed the socket. */
function establish(state: State, ip: string, port: number, hostname: string): Error | Nothing {
  const literal = isLiteralOf(state.settings.family, ip);
  state.connecting = true;
  const blocked = literal && blockedBy(state, ip);
  state.connecting = false;
  if (blocked || state.closed) return blocked;
  const handle = state.handle!;
  let peer: AddressInfo | number = literal ? handle.connect(ip, port) : getErrno("EINVAL");
  if (peer === 0) {
    peer = handle.remoteAddress();
    // What is told as a failure is no connection in the kernel, either.
    if (typeof peer === "number") handle.disconnect();
  }
  if (typeof peer === "number") return systemCallErrorAt(peer, "connect", hostname, port);
  state.peer = peer;
  return null;
}
