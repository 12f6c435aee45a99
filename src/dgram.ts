import type { Capabilities } from "./core/backend.ts";
import { setRuntimeBackend } from "./core/runtime_backend.ts";
import { type Dgram, socketsOver } from "./core/socket.ts";
import type * as types from "./core/types.ts";
import { select } from "./runtimes/select.ts";

const backend = select();
setRuntimeBackend(backend);
/** The functions of `node:dgram`, as its default export has them. */
const dgram: Dgram = socketsOver(backend);

/**
 * Makes a UDP socket. No system call is made before it is bound.
 *
 * Source: Node's documentation; measured, Node 18 to 26.
 *
 * @param options `udp4` or `udp6`, or all options.
 * @param listener A listener of 'message'.
 * @returns An unbound socket.
 * @throws {TypeError} ERR_SOCKET_BAD_TYPE; ERR_INVALID_ARG_TYPE for an option of another type.
 * @throws {RangeError} ERR_OUT_OF_RANGE for a size that is no unsigned 32-bit integer.
 *
 * @example One that an AbortSignal closes
 * ```ts
 * import { createSocket } from "@x/dgram";
 *
 * const controller = new AbortController();
 * const socket = createSocket({ type: "udp4", signal: controller.signal });
 * socket.on("close", () => console.log("closed")); // prints closed
 * socket.bind(0, "127.0.0.1", () => controller.abort());
 * ```
 */
export const createSocket: Dgram["createSocket"] = dgram.createSocket;

/** A UDP socket with the API of `node:dgram`. */
export type Socket = types.Socket;

/** The class of all sockets. */
export const Socket: Dgram["Socket"] = dgram.Socket;

/**
 * What this runtime can do with the permissions and flags that it was started with. A feature that is `unavailable`
 * fails with ERR_FEATURE_UNAVAILABLE_ON_PLATFORM; its note says what would bring it.
 *
 * @example
 * ```ts
 * import { capabilities } from "@x/dgram";
 *
 * const { features, notes } = capabilities;
 * if (features.ttl === "unavailable") console.log(`no TTL here: ${notes.ttl}`);
 * ```
 */
export const capabilities: Capabilities = backend.capabilities;

/** The types beside the functions, so that `import dgram from "@x/dgram"` names `dgram.Socket` as node:dgram's does. */
declare namespace dgram {
  /** A local or remote end. */
  export type AddressInfo = types.AddressInfo;
  /** What `bind` takes. */
  export type BindOptions = types.BindOptions;
  /** What `bindSync` takes. */
  export type BindSyncOptions = types.BindSyncOptions;
  /** Answers a host name with a numeric address. */
  export type LookupFunction = types.LookupFunction;
  /** A received message's bytes. */
  export type MessageBuffer = types.MessageBuffer;
  /** Where a datagram came from. */
  export type RemoteInfo = types.RemoteInfo;
  /** What `send` calls at the end. */
  export type SendCallback = types.SendCallback;
  /** A UDP socket with the API of `node:dgram`. */
  export type Socket = types.Socket;
  /** The events of a socket, with what their listeners are given. */
  export type SocketEvents = types.SocketEvents;
  /** What `createSocket` takes. */
  export type SocketOptions = types.SocketOptions;
  /** `udp4` or `udp6`. */
  export type SocketType = types.SocketType;
}

export default dgram;
