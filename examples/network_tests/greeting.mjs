// What the tests beside this file are of: a server, and a client that asks until it is answered.
import { bind } from "@x/dgram/promises";

/** Tells whoever asks what his address is. */
export async function serve() {
  const socket = await bind(5000);
  for await (const { data, address, port } of socket) await socket.send(`${data}, ${address}`, port, address);
}

/** Asks up to five times: again after a second, and each time after twice as long. */
export async function ask(server) {
  const socket = await bind();
  try {
    const { data } = await socket.request("hello", { port: 5000, address: server, timeout: 1000, retries: 4 });
    return `${data}`;
  } finally {
    await socket.close();
  }
}
