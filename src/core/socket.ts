/** The class Socket: its construction, and its methods from the files that hold them. */
import { EventEmitter } from "./event_emitter.ts";
import type { Backend } from "./backend.ts";
import { addressMethods } from "./address.ts";
import { bindMethods } from "./bind.ts";
import { builtin } from "./builtins.ts";
import { abort, closeMethods, dispose } from "./close.ts";
import { connectMethods } from "./connect.ts";
import { kernelMethods } from "./kernel_options.ts";
import { optionMethods } from "./options.ts";
import { pauseMethods } from "./pause.ts";
import { sendMethods } from "./send.ts";
import { sendMany } from "./send_many.ts";
import { readSettings } from "./settings.ts";
import { kState, State, type StatefulSocket } from "./state.ts";
import type { Listener, Socket, SocketConstructor, SocketOptions, SocketType } from "./types.ts";
import { isObject, validateAbortSignal } from "./validate.ts";

/** What `socketsOver` makes: the two functions of `node:dgram`. */
export interface Dgram {
  /** The class of all sockets. */
  readonly Socket: SocketConstructor;
  /** Exactly `new Socket(type, callback)`. */
  createSocket(type: SocketType, callback?: Listener<"message">): Socket;
  /** The same for either. Not in @types/node. */
  createSocket(options: SocketType | SocketOptions, callback?: Listener<"message">): Socket;
  /** Exactly `new Socket(options, callback)`. */
  createSocket(options: SocketOptions, callback?: Listener<"message">): Socket;
}

/** The API over a backend, which a socket's `backend` option can replace. */
export function socketsOver(defaultBackend: Backend): Dgram {
  const dgram = {
    // Both are named by their properties, since bundlers rename inner functions. An old-style constructor, as in
    // node:dgram: `Socket.call(this, …)` and util.inherits work.
    Socket: function (this: StatefulSocket, typeOrOptions: unknown, listener: unknown): void {
      // Of the short form nothing is inherited, whatever somebody has put on every object.
      const short = { __proto__: null, type: typeOrOptions };
      const options = (isObject(typeOrOptions) ? typeOrOptions : short) as SocketOptions;
      const settings = readSettings(options, defaultBackend);
      // Before what EventEmitter adds: of an object's properties, V8 has the last ones elsewhere.
      Object.defineProperty(this, kState, { value: new State(this, settings) });
      EventEmitter.call(this);
      this.type = `udp${settings.family}`;
      if (typeof listener === "function") this.on("message", listener as () => void);
      if (options.signal !== undefined) closeOnAbort(this, options.signal);
      const created = builtin("diagnostics_channel").channel("udp.socket");
      if (created.hasSubscribers) created.publish({ socket: this });
    },

    createSocket: function (type: unknown, listener: unknown): Socket {
      return new (Socket as unknown as SocketConstructor)(type as SocketType, listener as Listener<"message">);
    },
  };

  const { Socket } = dgram;
  Object.setPrototypeOf(Socket, EventEmitter);
  Object.assign(
    Object.setPrototypeOf(Socket.prototype, EventEmitter.prototype),
    addressMethods,
    bindMethods,
    closeMethods,
    connectMethods,
    kernelMethods,
    optionMethods,
    pauseMethods,
    sendMethods,
    { sendMany, [asyncDispose]: dispose },
  );
  return dgram as unknown as Dgram;
}

/** Node 18 has a symbol of its own where the language's is missing. */
const asyncDispose: symbol = Symbol.asyncDispose ?? Symbol.for("nodejs.asyncDispose");

function closeOnAbort(socket: StatefulSocket, signal: unknown): void {
  validateAbortSignal(signal, "options.signal");
  const onAbort = (): void => abort(socket);
  if (signal.aborted) return onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  socket.once("close", () => signal.removeEventListener("abort", onAbort));
}
