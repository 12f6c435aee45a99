// A user's CommonJS module of the ffi entry.
const dgram = require("@x/dgram/ffi");

const socket = dgram.createSocket("udp4");
socket.on("message", (message) => {
  console.log(message.toString());
  socket.close();
});
socket.bind(0, "127.0.0.1", () => socket.send("pong", socket.address().port, "127.0.0.1"));
