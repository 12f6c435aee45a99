/** A process of its own, by its argument: a long run whose memory is watched, or an end that comes by itself. */
import { createSocket } from "@x/dgram";
import { UDPSocket } from "@x/dgram/web";
import console from "node:console";
import process from "node:process";
import { setImmediate } from "node:timers";

const LOOPBACK = "127.0.0.1";
const [, , part] = process.argv;

/** Of each round 32 datagrams find room and 16 do not. */
const INBOX = 32;
const ROUND = 48;
const PAYLOAD = new Uint8Array(1000);
/** The whole million takes `DGRAM_WEB_DATAGRAMS=1000000`. */
const DATAGRAMS = Number(process.env.DGRAM_WEB_DATAGRAMS ?? 60_000);

async function run(): Promise<void> {
  const receiver = new UDPSocket({ localAddress: LOOPBACK, inboxLimit: INBOX, whenFull: "drop" });
  const { readable, writable, localPort } = await receiver.opened;
  const sender = new UDPSocket({ remoteAddress: LOOPBACK, remotePort: localPort });
  const streams = await sender.opened;
  const reader = readable.getReader();
  const writer = streams.writable.getWriter();
  const rounds = Math.ceil(DATAGRAMS / ROUND);
  let read = 0;
  let before = 0;
  for (let round = 1; round <= rounds; round++) {
    const writes: Promise<void>[] = [];
    for (let i = 0; i < ROUND; i++) writes.push(writer.write({ data: PAYLOAD }));
    await Promise.all(writes);
    // They arrive in order: with the last drop all have.
    while (receiver.dropped < round * (ROUND - INBOX)) await new Promise<void>((done) => setImmediate(done));
    for (let i = 0; i < INBOX; i++) {
      const { value } = await reader.read();
      read += value!.data.length / PAYLOAD.length;
    }
    if (round === Math.ceil(rounds / 4)) before = process.memoryUsage().rss;
  }
  const growth = process.memoryUsage().rss - before;
  const { dropped } = receiver;
  await Promise.all([reader.cancel(), writer.close(), writable.close(), streams.readable.cancel()]);
  console.log(JSON.stringify({ sent: rounds * ROUND, read, dropped, drops: rounds * (ROUND - INBOX), growth }));
}

async function end(): Promise<void> {
  const taken = createSocket("udp4");
  const { port } = taken.bindSync({ address: LOOPBACK });
  new UDPSocket({ localAddress: LOOPBACK, localPort: port });
  const socket = new UDPSocket({ remoteAddress: LOOPBACK, remotePort: port });
  await socket.opened;
  await socket.close();
  taken.close();
  console.log("closed");
}

void (part === "run" ? run() : end());
