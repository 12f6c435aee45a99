// A user's CommonJS module of the promises entry, and that its sockets are those of the main entry.
const { Socket } = require("@x/dgram");
const { bind } = require("@x/dgram/promises");

async function main() {
  const socket = await bind({ address: "127.0.0.1" });
  await socket.send("pong", socket.address().port, "127.0.0.1");
  const { data } = await socket.receive();
  console.log(socket.raw instanceof Socket ? `${data}` : "another core");
  await socket.close();
}

void main();
