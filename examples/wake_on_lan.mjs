// @ts-check
// Wakes a machine by its network card's address: the packet goes to everybody on the network.
//
//   node examples/wake_on_lan.mjs 52:54:00:12:34:56 --broadcast 192.0.2.255 --port 9
import { Buffer } from "node:buffer";
import process from "node:process";
import { parseArgs } from "node:util";
import { bind } from "@x/dgram/promises";

const { positionals: [card = ""], values } = parseArgs({
  allowPositionals: true,
  options: {
    // The broadcast address of this machine's own loopback: nothing leaves it until another is given.
    broadcast: { type: "string", default: "127.255.255.255" },
    port: { type: "string", default: "9" },
  },
});

try {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(card)) throw new Error(`not a card's address: ${card}`);
  const address = Buffer.from(card.replace(/[:-]/g, ""), "hex");
  const packet = Buffer.concat([Buffer.alloc(6, 0xff), ...Array.from({ length: 16 }, () => address)]);

  const socket = await bind();
  try {
    socket.setBroadcast(true);
    const sent = await socket.send(packet, Number(values.port), values.broadcast);
    console.log(`${sent} bytes to ${values.broadcast} port ${values.port}`);
  } finally {
    await socket.close();
  }
} catch (error) {
  console.error(`wake_on_lan: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
}
