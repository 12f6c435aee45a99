/**
 * Node's `dgram` (UDP sockets) for Node, Deno and Bun: one implementation with one behaviour.
 *
 * @example Echo
 * ```ts
 * import dgram from "@x/dgram";
 *
 * const server = dgram.createSocket("udp4");
 * server.on("message", (message, from) => server.send(message, from.port, from.address));
 * server.bind(0, "127.0.0.1", () => console.log(server.address()));
 * server.close();
 * ```
 *
 * @module
 */
export { capabilities, createSocket, default, Socket } from "./src/dgram.ts";
export type { Dgram } from "./src/core/socket.ts";
export type {
  AddressInfo,
  Backend,
  Capabilities,
  Datagram,
  Family,
  Feature,
  Handle,
  Host,
  Membership,
  NumericOption,
  OpenOptions,
  RemoteInfo,
  Support,
  WrongFdType,
} from "./src/core/backend.ts";
export type {
  BindOptions,
  BindSyncOptions,
  LookupFunction,
  OutgoingMessage,
  Payload,
  SendCallback,
  SendManyError,
  SocketConstructor,
  SocketEvents,
  SocketOptions,
  SocketType,
} from "./src/core/types.ts";
