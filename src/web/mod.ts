/**
 * `UDPSocket` of the Direct Sockets specification (WICG), so that code which was written for it runs on servers:
 * datagrams through web streams, on Node, Deno and Bun.
 *
 * @example A question to a server
 * ```ts
 * import { UDPSocket } from "@x/dgram/web";
 *
 * const server = new UDPSocket({ localAddress: "127.0.0.1" });
 * const client = new UDPSocket({ remoteAddress: "127.0.0.1", remotePort: (await server.opened).localPort });
 *
 * const writer = (await client.opened).writable.getWriter();
 * await writer.write({ data: new TextEncoder().encode("hello") });
 * writer.releaseLock();
 *
 * for await (const { data, remotePort } of (await server.opened).readable) {
 *   console.log(new TextDecoder().decode(data), remotePort === (await client.opened).localPort); // prints hello true
 *   break;
 * }
 * await client.close();
 * await server.close();
 * ```
 *
 * @module
 */
export { UDPSocket } from "./udp_socket.ts";
export type {
  BufferSource,
  MulticastController,
  OwnBytes,
  SocketDnsQueryType,
  UDPBoundSocketOptions,
  UDPConnectedSocketOptions,
  UDPMessage,
  UDPReceivedMessage,
  UDPSocketCommonOptions,
  UDPSocketOpenInfo,
  UDPSocketOptions,
  WhenFull,
} from "./types.ts";
