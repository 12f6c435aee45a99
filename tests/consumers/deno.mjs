// A user's ES module of the deno entry, with or without --unstable-net: one datagram to itself, then the process ends by itself.
import { createSocket } from "@x/dgram";
import { listenDatagramBackend } from "@x/dgram/deno";

const socket = createSocket({ type: "udp4", backend: listenDatagramBackend() });
socket.on("message", (message) => {
  console.log(message.toString());
  socket.close();
});
socket.bind(0, "127.0.0.1", () => socket.send("pong", socket.address().port, "127.0.0.1"));
