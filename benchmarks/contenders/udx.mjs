// udx-native: a native addon for Node with sockets of its own.
import { createRequire } from "node:module";
import process from "node:process";
import { drive } from "./drive.mjs";

const UDX = createRequire(`${process.env.UDX_MODULES}/`)("udx-native");
const udx = new UDX();

await drive((onMessage) => {
  const socket = udx.createSocket();
  socket.on("message", (data, from) => onMessage(data, from.port));
  socket.bind(0, "127.0.0.1");
  return Promise.resolve({
    port: socket.address().port,
    send(data, port, count) {
      for (let i = 0; i < count; i++) socket.trySend(data, port, "127.0.0.1");
    },
    sendEach(data, ports, count) {
      for (let i = 0; i < count; i++) socket.trySend(data, ports[i % ports.length], "127.0.0.1");
    },
    close: () => socket.close(),
  });
});
