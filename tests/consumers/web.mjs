// A user's ES module of the web entry.
import { UDPSocket } from "@x/dgram/web";

const socket = new UDPSocket({ localAddress: "127.0.0.1" });
const { readable, writable, localAddress, localPort } = await socket.opened;
const writer = writable.getWriter();
await writer.write({ data: new TextEncoder().encode("pong"), remoteAddress: localAddress, remotePort: localPort });
await writer.close();
for await (const { data } of readable) {
  console.log(new TextDecoder().decode(data));
  break;
}
await socket.closed;
