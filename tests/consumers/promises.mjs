// A user's ES module of the promises entry, and that its sockets are those of the main entry.
import { Socket } from "@x/dgram";
import { bind } from "@x/dgram/promises";

const socket = await bind({ address: "127.0.0.1" });
await socket.send("pong", socket.address().port, "127.0.0.1");
for await (const { data } of socket) {
  console.log(socket.raw instanceof Socket ? `${data}` : "another core");
  break;
}
await socket.close();
