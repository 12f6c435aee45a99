// An alias, or an import map, has this program find the module in the place of node:dgram, and the module itself not.
import bare from "dgram";
import { createSocket, Socket } from "node:dgram";
import { Socket as Ours } from "@x/dgram";

const socket = createSocket("udp4", (message) => {
  console.log(Socket === Ours && bare.Socket === Ours ? `${message}` : "not ours");
  socket.close();
});
socket.bind(0, "127.0.0.1", () => socket.send("pong", socket.address().port, "127.0.0.1"));
