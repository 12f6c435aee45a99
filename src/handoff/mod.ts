/**
 * Sockets that go to another process or thread with what waits in them: for a restart without a gap, and for workers that
 * take over from each other.
 *
 * @example
 * ```ts
 * import { handoffCapabilities } from "@x/dgram/handoff";
 *
 * console.log(typeof handoffCapabilities.features.handoffToThread); // prints string
 * ```
 *
 * @module
 */
export { handoffCapabilities } from "./capabilities.ts";
export { receiveSockets } from "./receive_sockets.ts";
export { sendSocket } from "./send_socket.ts";
export type {
  HandoffCapabilities,
  HandoffFeature,
  HandoffPeer,
  HandoffProcess,
  HandoffSocket,
  HandoffThread,
  ReceiveSocketsOptions,
  SendSocketOptions,
  SocketListener,
} from "./types.ts";
