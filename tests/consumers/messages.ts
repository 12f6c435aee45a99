// Mistakes, for what the compiler says of them.
import dgram, { createSocket, Socket } from "@x/dgram";
import { bind } from "@x/dgram/promises";
import { UDPSocket } from "@x/dgram/web";
import * as node from "node:dgram";

export const another: Socket = node.createSocket("udp4");
export const number: number = createSocket("udp4");
export const text: string = createSocket;
export const list: number[] = dgram;
export const constructor: boolean = Socket;
export const missing = createSocket("udp4").sendAll;
export const bound: number = bind();
export const opened: number = new UDPSocket({ localAddress: "::" }).opened;
createSocket({ type: "udp4", lookup: 5 });
createSocket("udp4").send(5, 1);
createSocket("udp4").sendMany([5]);
createSocket("udp4", (message: string) => message);
