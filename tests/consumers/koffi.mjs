// A user's program of the ffi entry beside a koffi that is of no use: its argument is what the note has to say of that.
import { capabilities, createSocket } from "@x/dgram/ffi";
import process from "node:process";

const note = capabilities.notes.sendBatch ?? "there is no note";
const socket = createSocket("udp4", (message) => {
  console.log(note.includes(process.argv[2]) ? `${message}` : note);
  socket.close();
});
socket.bind(0, "127.0.0.1", () => socket.send("pong", socket.address().port, "127.0.0.1"));
