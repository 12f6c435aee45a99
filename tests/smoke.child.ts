/** Sends its argument from a socket to itself, prints what arrives, and ends when nothing is open any more. */
import { createSocket } from "@x/dgram";
import process from "node:process";

const socket = createSocket("udp4");
socket.on("message", (message) => {
  process.stdout.write(`${message}\n`);
  socket.close();
});
socket.bind(0, "127.0.0.1", () => {
  socket.send(process.argv[2] ?? "", socket.address().port, "127.0.0.1");
});
