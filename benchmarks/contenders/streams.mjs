// The web entry: both streams.
import process from "node:process";
import { drive } from "./drive.mjs";

const { UDPSocket } = await import(process.env.DGRAM_BENCH_PACKAGE);

async function readAll(reader, onMessage) {
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    onMessage(value.data, value.remotePort);
  }
}

await drive(async (onMessage) => {
  const { readable, writable, localPort } = await new UDPSocket({ localAddress: "127.0.0.1" }).opened;
  readAll(readable.getReader(), onMessage);
  const writer = writable.getWriter();
  return {
    port: localPort,
    send(data, remotePort, count) {
      for (let i = 0; i < count; i++) writer.write({ data, remoteAddress: "127.0.0.1", remotePort });
    },
  };
});
