/**
 * UDP with promises: `bind` and `connect`, datagrams by `for await`, and requests that are sent again until they are
 * answered.
 *
 * @example A server and its client
 * ```ts
 * import { bind } from "@x/dgram/promises";
 *
 * await using server = await bind({ address: "127.0.0.1" });
 * await using client = await bind({ address: "127.0.0.1" });
 *
 * const answer = client.request("hello", server.address());
 * for await (const { data, address, port } of server) {
 *   await server.send([data, ", world"], port, address);
 *   break;
 * }
 * console.log(`${(await answer).data}`);
 * ```
 *
 * @module
 */
export { bind } from "./bind.ts";
export { connect } from "./connect.ts";
export type { SocketDelegates } from "./delegates.ts";
export type { BoundSocket, ConnectedSocket, PromisesSocket } from "./sockets.ts";
export type {
  AddressedMessage,
  AddressedRequestOptions,
  BindOptions,
  CancelOptions,
  ConnectOptions,
  Datagrams,
  InboxOptions,
  IncomingDatagram,
  KernelInfo,
  PeerMessage,
  PromisesSocketOptions,
  RequestOptions,
  RequestTimeoutError,
  WhenFull,
} from "./types.ts";
