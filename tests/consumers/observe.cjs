// A user's CommonJS module of the observe entry.
const { createSocket } = require("@x/dgram");
const { capture, observe } = require("@x/dgram/observe");

const socket = createSocket("udp4", (message) => {
  const { sent, received } = observation.read();
  if (sent.datagrams === 1 && received.bytes === 4 && captured.packets === 2) console.log(String(message));
  socket.close();
});
const observation = observe(socket);
const captured = capture(socket);
socket.bind(0, "127.0.0.1", () => {
  const { port } = socket.address();
  socket.send("pong", port, "127.0.0.1");
});
