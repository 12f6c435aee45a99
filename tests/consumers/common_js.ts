// A user's TypeScript that becomes CommonJS, as most of what imports node:dgram does.
import dgram = require("@x/dgram");
import type { Socket } from "node:dgram";

class Server {
  socket: dgram.Socket = dgram.createSocket("udp4");
  last: dgram.RemoteInfo | undefined;
  options: dgram.SocketOptions = { type: "udp4" };
}

export class Sub extends dgram.Socket {
  constructor() {
    super("udp6");
  }
}

export const sockets: Socket[] = [new Server().socket, new Sub()];
