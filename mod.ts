/**
 * Node's `dgram` (UDP sockets) for Node 18 to 26, Deno and Bun: one implementation with one behaviour.
 *
 * The default export has the shape of `node:dgram`. What a runtime lacks, with its flags and permissions, is in
 * `capabilities`, and fails with a coded error.
 *
 * @example An echo server, and a question
 * ```ts
 * import { createSocket } from "@x/dgram";
 *
 * const server = createSocket("udp4");
 * server.on("message", (message, from) => server.send(message, from.port, from.address));
 * server.bind(0, "127.0.0.1", () => {
 *   const client = createSocket("udp4", (message) => {
 *     console.log(`${message}`); // prints hello
 *     client.close();
 *     server.close();
 *   });
 *   client.send("hello", server.address().port, "127.0.0.1");
 * });
 * ```
 *
 * @module
 */
export { cachedLookup, type CachedLookupOptions } from "./src/core/cached_lookup.ts";
export { capabilities, createSocket, default, Socket } from "./src/dgram.ts";
export type { Dgram } from "./src/core/socket.ts";
export type {
  AddressInfo,
  Backend,
  Capabilities,
  Clock,
  ClockTimer,
  Datagram,
  DatagramInfo,
  Family,
  Feature,
  Handle,
  Host,
  KernelOptions,
  Membership,
  MessageBuffer,
  NumericOption,
  OpenOptions,
  RemoteInfo,
  Support,
  WrongFdType,
} from "./src/core/backend.ts";
export type { KernelCalls, KernelIcmpError, KernelSocket } from "./src/core/kernel_socket.ts";
export type {
  BindOptions,
  BindSyncOptions,
  Listener,
  LookupFunction,
  OutgoingMessage,
  Payload,
  ReceivedMessage,
  SendCallback,
  SendManyError,
  Socket as UdpSocket,
  SocketConnection,
  SocketConstructor,
  SocketEmitter,
  SocketEvents,
  SocketKernelOptions,
  SocketLifetime,
  SocketListeners,
  SocketMulticast,
  SocketOptions,
  SocketReceiving,
  SocketSending,
  SocketType,
} from "./src/core/types.ts";
