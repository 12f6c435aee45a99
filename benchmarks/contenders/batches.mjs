// This module's batches: sendMany, and 'messages' in place of 'message'.
import process from "node:process";
import { drive } from "./drive.mjs";

const { createSocket } = await import(process.env.DGRAM_BENCH_PACKAGE);

await drive((onMessage) =>
  new Promise((resolve) => {
    const socket = createSocket({ type: "udp4", batchMessages: true });
    socket.on("messages", (messages) => {
      for (const { data, port } of messages) onMessage(data, port);
    });
    socket.bind(0, "127.0.0.1", () => {
      resolve({
        port: socket.address().port,
        send(data, port, count) {
          const messages = [];
          for (let i = 0; i < count; i++) messages.push({ data, port, address: "127.0.0.1" });
          socket.sendMany(messages);
        },
      });
    });
  })
);
