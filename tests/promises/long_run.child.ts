/**
 * Sends datagrams to a socket that is read by iteration, faster than it is read. Prints what became of them, and how
 * much the memory grew after the first fifth.
 */
import console from "node:console";
import process from "node:process";
import { bind } from "@x/dgram/promises";

const LOOPBACK = "127.0.0.1";
/** Few enough for the kernel's smallest buffer. */
const IN_FLIGHT = 32;
const LIMIT = 256;
/** The reader reads so many, and then does nothing until so many more have arrived. */
const READ_AT_ONCE = 200;
const MISSED_AT_ONCE = 500;

const datagrams = Number(process.argv[2]);
const payload = new Uint8Array(1200);

async function main(): Promise<void> {
  const receiver = await bind({ port: 0, address: LOOPBACK, inbox: { limit: LIMIT, whenFull: "drop-oldest" } });
  const sender = await bind({ port: 0, address: LOOPBACK });
  const { port } = receiver.address();

  let arrived = 0;
  let sendMore: () => void = () => {};
  let readMore: () => void = () => {};
  let readAt = Infinity;
  receiver.raw.on("message", () => {
    arrived++;
    if (arrived % IN_FLIGHT === 0 || arrived === datagrams) sendMore();
    if (arrived >= readAt || arrived === datagrams) readMore();
  });

  let read = 0;
  const reading = (async () => {
    for await (const { data } of receiver) {
      if (data.length !== payload.length) throw new Error(`a datagram of ${data.length} bytes`);
      if (++read % READ_AT_ONCE !== 0 || arrived === datagrams) continue;
      readAt = arrived + MISSED_AT_ONCE;
      await new Promise<void>((resolve) => readMore = resolve);
    }
  })();

  let sent = 0;
  let before = 0;
  while (sent < datagrams) {
    const count = Math.min(IN_FLIGHT, datagrams - sent);
    const messages = Array.from({ length: count }, () => ({ data: payload, port, address: LOOPBACK }));
    sent += count;
    const received = new Promise<void>((resolve) => sendMore = resolve);
    await sender.sendMany(messages);
    await received;
    if (before === 0 && sent >= datagrams / 5) before = process.memoryUsage().rss;
  }
  const growth = process.memoryUsage().rss - before;
  const { dropped } = receiver;
  await receiver.close();
  await reading;
  await sender.close();
  console.log(JSON.stringify({ sent, arrived, read, dropped, growth }));
}

void main();
