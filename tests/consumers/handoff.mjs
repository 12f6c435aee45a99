// A user's ES module of the handoff entry.
import { createSocket } from "@x/dgram";
import { receiveSockets, sendSocket } from "@x/dgram/handoff";
import { MessageChannel } from "node:worker_threads";

const { port1, port2 } = new MessageChannel();
const answer = (socket, word) => {
  socket.on("message", (message) => {
    console.log(`${word}${message}`);
    socket.close();
    stop();
    port1.close();
  });
};
let stop = () => {};
try {
  stop = receiveSockets(port2, answer);
} catch {
  // Deno without FFI takes none.
}
const socket = createSocket("udp4");
socket.pause();
socket.bind(0, "127.0.0.1", () => {
  socket.send("ng", socket.address().port, "127.0.0.1", () => {
    const sent = (async () => await sendSocket(socket, port1, { message: "po" }))();
    sent.catch(() => {
      // Deno without FFI hands none off: it is as it was.
      answer(socket, "po");
      socket.resume();
    });
  });
});
