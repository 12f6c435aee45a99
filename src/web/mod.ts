/** placeholder */
export { UDPSocket } from "./udp_socket.ts";
export type {
  BufferSource,
  MulticastController,
  SocketDnsQueryType,
  UDPBoundSocketOptions,
  UDPConnectedSocketOptions,
  UDPMessage,
  UDPReceivedMessage,
  UDPSocketCommonOptions,
  UDPSocketOpenInfo,
  UDPSocketOptions,
} from "./types.ts";
