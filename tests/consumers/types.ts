// A user's TypeScript: compiled as an ES module and as CommonJS against the package's own types.
import { createSocket, type RemoteInfo, type Socket } from "@x/dgram";
import type { Buffer } from "node:buffer";

const socket: Socket = createSocket("udp4");
socket.on("message", (message: Buffer, from: RemoteInfo) => {
  const port: number = from.port;
  console.log(port > 0 ? message.toString() : "no port");
  socket.close();
});
socket.bind(0, "127.0.0.1", () => socket.send("pong", socket.address().port, "127.0.0.1"));

/** Never called: it shows that the types reach the user's compiler. */
export function wrong(): string {
  // @ts-expect-error a port is a number
  return socket.address().port;
}
