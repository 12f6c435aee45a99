// The promises entry, read with `for await`. It sends by the socket's own send(), as the event API does, so that what
// differs is the iteration.
import process from "node:process";
import { backend } from "./backend.mjs";
import { drive } from "./drive.mjs";

const { bind } = await import(process.env.DGRAM_BENCH_PACKAGE);

async function readAll(socket, onMessage) {
  for await (const { data, port } of socket) onMessage(data, port);
}

await drive(async (onMessage) => {
  const socket = await bind({ port: 0, address: "127.0.0.1", backend });
  readAll(socket, onMessage);
  return {
    port: socket.address().port,
    send(data, port, count) {
      for (let i = 0; i < count; i++) socket.raw.send(data, port, "127.0.0.1");
    },
  };
});
