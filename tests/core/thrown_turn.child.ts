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
  socket.on("close", () => {
    seen.push("close");
    // What is told twice has been told by then.
    setTimeout(end, 300);
  });
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
// What never comes is seen in what is printed.
setTimeout(end, 15_000);
