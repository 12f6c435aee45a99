// The same as a CommonJS module.
const { capabilities, createSocket } = require("@x/dgram/ffi");
const process = require("node:process");

const note = capabilities.notes.sendBatch ?? "there is no note";
const socket = createSocket("udp4", (message) => {
  console.log(note.includes(process.argv[2]) ? `${message}` : note);
  socket.close();
});
socket.bind(0, "127.0.0.1", () => socket.send("pong", socket.address().port, "127.0.0.1"));
