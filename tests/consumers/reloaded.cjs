// A program that loads the module anew, as hot reload and the registry of a test runner do, with the sockets of before still open.
const process = require("node:process");

const HOST = "127.0.0.1";
const warnings = [];
process.on("warning", ({ name }) => warnings.push(name));
const sockets = [];

for (let i = 0; i < 15; i++) {
  for (const file of Object.keys(require.cache)) if (file.includes("dgram")) delete require.cache[file];
  const socket = require("@x/dgram").createSocket("udp4");
  socket.bindSync({ address: HOST });
  sockets.push(socket);
}

let heard = 0;
for (const [i, socket] of sockets.entries()) {
  socket.once("message", () => {
    if (++heard < sockets.length) return;
    for (const each of sockets) each.close();
    setImmediate(() => console.log(warnings.length === 0 ? "pong" : warnings.join()));
  });
  socket.send("x", sockets[(i + 1) % sockets.length].address().port, HOST);
}
