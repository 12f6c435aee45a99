// A user's CommonJS module of the deno entry.
const { createSocket } = require("@x/dgram");
const { listenDatagramBackend } = require("@x/dgram/deno");

const socket = createSocket({ type: "udp4", backend: listenDatagramBackend() });
socket.on("message", (message) => {
  console.log(message.toString());
  socket.close();
});
socket.bind(0, "127.0.0.1", () => socket.send("pong", socket.address().port, "127.0.0.1"));
