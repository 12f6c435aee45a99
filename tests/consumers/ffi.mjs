// A user's ES module of the ffi entry, with or without the permission for FFI: one datagram to itself, then the process ends by itself.
import { createSocket } from "@x/dgram/ffi";

const socket = createSocket("udp4");
socket.on("message", (message) => {
  console.log(message.toString());
  socket.close();
});
socket.bind(0, "127.0.0.1", () => socket.send("pong", socket.address().port, "127.0.0.1"));
