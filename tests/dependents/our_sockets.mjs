// Whose sockets a package uses: those of @x/dgram, or the runtime's own. Node's and Deno's own stand below each of ours.
import { Socket } from "@x/dgram";
import process from "node:process";

let sent = 0;
const { send } = Socket.prototype;
Socket.prototype.send = function (...values) {
  sent++;
  return send.apply(this, values);
};

/** Ends a program that waits for what does not come. */
setTimeout(() => {
  console.log("nothing came");
  process.exit(1);
}, 20_000);

/** Prints what the package did, which ends the program, and with whose sockets: these, where they can be seen, and those that have sent. */
export function report(what, sockets = []) {
  const ours = sent > 0 && sockets.every((socket) => socket instanceof Socket);
  console.log(`${what} by ${ours ? "our sockets" : "the runtime's own"}`);
  // Some libraries have timers that go on for minutes.
  process.exit();
}

/** A port that is free now, for what takes no 0. */
export function freePort() {
  return new Promise((resolve) => {
    const socket = new Socket("udp4");
    socket.bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
