/**
 * The same API with system calls through FFI wherever the runtime has them: on Node 26 through node:ffi, which prints
 * its warning; Bun, and Deno with `--allow-ffi`, use them anyway.
 *
 * @module
 */
import type { Capabilities } from "./core/backend.ts";
import { type Dgram, socketsOver } from "./core/socket.ts";
import type { Socket as UdpSocket } from "./core/types.ts";
import { runtimeBackend } from "./core/runtime_backend.ts";
import { capabilities as withoutFFI } from "./dgram.ts";
import { lazyBackend } from "./runtimes/lazy_backend.ts";
import { nodeKernelBackend } from "./runtimes/node_kernel.ts";

const backend = lazyBackend(() => withoutFFI.backend === "node" ? nodeKernelBackend(runtimeBackend!) : runtimeBackend!);

export { cachedLookup, type CachedLookupOptions } from "./core/cached_lookup.ts";

/** The functions of `node:dgram`, as its default export has them. */
const dgram: Dgram = socketsOver(backend);

/** Makes a UDP socket. */
export const createSocket: Dgram["createSocket"] = dgram.createSocket;

/** A UDP socket with the API of `node:dgram`. */
export type Socket = UdpSocket;

/** The class of all sockets made here. */
export const Socket: Dgram["Socket"] = dgram.Socket;

/** What this runtime can do with the permissions and flags that it was started with. */
export const capabilities: Capabilities = backend.capabilities;

export default dgram;
