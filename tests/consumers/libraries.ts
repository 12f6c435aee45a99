/** Libraries that take a socket, or what makes one, by their own declarations. */
import { Agent, createServer } from "coap";
import { StatsD } from "hot-shots";
import multicastDns from "multicast-dns";
import { createSocket, type SocketOptions } from "@x/dgram";

export function give(options: SocketOptions): unknown[] {
  const socket = createSocket(options);
  return [
    multicastDns({ socket, type: options.type }),
    new StatsD({ socket, udpSocketOptions: options }),
    new Agent({ socket }),
    createServer().listen(socket),
  ];
}
