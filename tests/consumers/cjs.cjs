// A user's CommonJS module.
const dgram = require("@x/dgram");

const socket = dgram.createSocket("udp4");
socket.on("message", (message) => {
  console.log(message.toString());
  socket.close();
});
socket.bind(0, "127.0.0.1", () => socket.send("pong", socket.address().port, "127.0.0.1"));
