/** A connected socket that has just sent is closed by a tick that throws, between two immediates. Prints what was seen. */
import { createSocket } from "@x/dgram";
import console from "node:console";
import process from "node:process";
import { setImmediate, setTimeout } from "node:timers";

const HOST = "127.0.0.1";
const seen: string[] = [];

function end(): void {
  console.log(JSON.stringify(seen));
  process.exit();
}

process.on("uncaughtException", ({ message }) => {
  seen.push(message);
  if (seen.length > 10) end();
});

const peer = createSocket("udp4");
peer.bind(0, HOST, () => {
  const { port } = peer.address();
  const socket = createSocket("udp4");
  socket.on("close", () => void seen.push("close"));
  socket.connect(port, HOST, () => {
    setImmediate(() => {
      process.nextTick(() => {
        socket.close();
        throw new Error("of the tick");
      });
    });
    socket.send("x");
  });
});
setTimeout(end, 300);
