import type { Capabilities } from "./core/backend.ts";
import { type Dgram, socketsOver } from "./core/socket.ts";
import type { Socket as UdpSocket } from "./core/types.ts";
import { select } from "./runtimes/select.ts";

const backend = select();
/** The functions of `node:dgram`, as its default export has them. */
const dgram: Dgram = socketsOver(backend);

/** Makes a UDP socket. */
export const createSocket: Dgram["createSocket"] = dgram.createSocket;

/** A UDP socket with the API of `node:dgram`. */
export type Socket = UdpSocket;

/** The class of all sockets. */
export const Socket: Dgram["Socket"] = dgram.Socket;

/** What this runtime can do with the permissions and flags that it was started with. */
export const capabilities: Capabilities = backend.capabilities;

export default dgram;
