// Deno.listenDatagram used as cheaply as it can be: one receive buffer for all, sends that nobody waits for.
import { drive } from "./drive.mjs";

const open = (reuse) => (onMessage) => {
  const conn = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  receiveAll(conn, onMessage, reuse ? new Uint8Array(65_536) : undefined);
  return {
    port: conn.addr.port,
    send(data, port, count) {
      const to = { transport: "udp", hostname: "127.0.0.1", port };
      for (let i = 0; i < count; i++) conn.send(data, to);
    },
  };
};

async function receiveAll(conn, onMessage, buffer) {
  for (;;) {
    const [data, from] = await conn.receive(buffer);
    onMessage(data, from.port);
  }
}

// A message that is kept needs a buffer of its own, which Deno makes for each.
await drive(open(true), open(false));
