/**
 * The same API with system calls through FFI wherever they can be had: on Node 26 through node:ffi, which prints its
 * warning, on older ones through the package koffi (3.0 or later), where that is installed; Bun, and Deno with
 * `--allow-ffi`, use them anyway.
 *
 * @module
 */
import type { Capabilities } from "./core/backend.ts";
import { type Dgram, socketsOver } from "./core/socket.ts";
import { runtimeBackend } from "./core/runtime_backend.ts";
import { capabilities as withoutFFI } from "./dgram.ts";
import type * as types from "./core/types.ts";
import { lazyBackend } from "./runtimes/common/lazy_backend.ts";
import { nodeKernelBackend } from "./runtimes/node/kernel_backend.ts";

const backend = lazyBackend(() => withoutFFI.backend === "node" ? nodeKernelBackend(runtimeBackend!) : runtimeBackend!);

export { cachedLookup, type CachedLookupOptions } from "./core/cached_lookup.ts";

/** The functions of `node:dgram`, as its default export has them. */
const dgram: Dgram = socketsOver(backend);

/** Makes a UDP socket. */
export const createSocket: Dgram["createSocket"] = dgram.createSocket;

/** A UDP socket with the API of `node:dgram`. */
export type Socket = types.Socket;

/** The class of all sockets made here. */
export const Socket: Dgram["Socket"] = dgram.Socket;

/** What this runtime can do with the permissions and flags that it was started with. */
export const capabilities: Capabilities = backend.capabilities;

/** The types beside the functions, so that `import dgram from "@x/dgram/ffi"` names `dgram.Socket` as node:dgram's does. */
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
