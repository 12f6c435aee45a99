/** The class Socket: its construction, and its methods from the files that hold them. */
import { EventEmitter } from "node:events";
import type { Backend } from "./backend.ts";
import { address, remoteAddress } from "./address.ts";
import { bind, bindSync } from "./bind.ts";
import { builtin } from "./builtins.ts";
import { abort, close, dispose, ref, unref } from "./close.ts";
import { connect, connectSync, disconnect } from "./connect.ts";
import { kernelOptions } from "./kernel_options.ts";
import { options } from "./options.ts";
import { isPaused, pause, resume } from "./pause.ts";
import { getSendQueueCount, getSendQueueSize, send, sendto } from "./send.ts";
import { sendMany } from "./send_many.ts";
import { readSettings } from "./settings.ts";
import { kState, State, type StatefulSocket } from "./state.ts";
import type { Listener, Socket, SocketConstructor, SocketOptions, SocketType } from "./types.ts";
import { validateAbortSignal } from "./validate.ts";

/** What `socketsOver` makes: the two functions of `node:dgram`. */
export interface Dgram {
  /** The class of all sockets. */
  readonly Socket: SocketConstructor;
  /** Exactly `new Socket(options, listener)`. */
  readonly createSocket: (
    options: SocketType | SocketOptions,
    listener?: Listener<"message">,
  ) => Socket;
}

/** The API over a backend, which a socket's `backend` option can replace. */
export function socketsOver(defaultBackend: Backend): Dgram {
  // An old-style constructor, as in node:dgram: `Socket.call(this, …)` and util.inherits work.
  function Socket(this: StatefulSocket, type: unknown, listener: unknown): void {
    EventEmitter.call(this);
    const settings = readSettings(type, defaultBackend);
    const given = type !== null && typeof type === "object" ? type as { type: SocketType; signal?: unknown } : null;
    this.type = given === null ? type as SocketType : given.type;
    const state = new State(this, settings);
    Object.defineProperty(this, kState, { value: state });
    if (typeof listener === "function") this.on("message", listener as () => void);
    if (given?.signal !== undefined) closeOnAbort(this, given.signal);
    const created = builtin("diagnostics_channel").channel("udp.socket");
    if (created.hasSubscribers) created.publish({ socket: this });
  }

  Object.setPrototypeOf(Socket, EventEmitter);
  Object.setPrototypeOf(Socket.prototype, EventEmitter.prototype);
  Object.assign(Socket.prototype, {
    address,
    bind,
    bindSync,
    close,
    connect,
    connectSync,
    disconnect,
    getSendQueueCount,
    getSendQueueSize,
    isPaused,
    pause,
    ref,
    remoteAddress,
    resume,
    send,
    sendMany,
    sendto,
    unref,
    ...options,
    ...kernelOptions,
    [asyncDispose]: dispose,
  });

  function createSocket(type: unknown, listener: unknown): Socket {
    return new (Socket as unknown as new (type: unknown, listener: unknown) => Socket)(type, listener);
  }

  // Bundlers rename inner functions.
  Object.defineProperty(Socket, "name", { value: "Socket" });
  Object.defineProperty(createSocket, "name", { value: "createSocket" });
  return { Socket, createSocket } as unknown as Dgram;
}

/** Node 18 has a symbol of its own where the language's is missing. */
const asyncDispose: symbol = Symbol.asyncDispose ?? Symbol.for("nodejs.asyncDispose");

function closeOnAbort(socket: StatefulSocket, signal: unknown): void {
  validateAbortSignal(signal, "options.signal");
  const onAbort = (): void => abort(socket);
  if (signal.aborted) {
    onAbort();
    return;
  }
  signal.addEventListener("abort", onAbort, { once: true });
  socket.once("close", () => signal.removeEventListener("abort", onAbort));
}
