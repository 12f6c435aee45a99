/**
 * Sends in a process in which that may be refused, and tells in a line of JSON how each datagram ended: null, or the code
 * of the error. It ends when all that was accepted has arrived.
 */
import { createSocket, type Socket } from "@x/dgram";
import console from "node:console";
import { once } from "node:events";
import process from "node:process";

type End = string | null;

const LOOPBACK = "127.0.0.1";
const COUNT = 5;

const accepted: string[] = [];

async function bound(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, LOOPBACK);
  await once(socket, "listening");
  return socket;
}

async function play(port: number, connected: boolean): Promise<{ alone: End[]; together: End[] }> {
  const socket = await bound();
  if (connected) {
    socket.connect(port, LOOPBACK);
    await once(socket, "connect");
  }
  const send = (text: string): Promise<End> =>
    new Promise((resolve) => {
      const done = (error: Error | null): void => {
        if (!error) accepted.push(text);
        resolve(error && (error as Error & { code: string }).code);
      };
      if (connected) socket.send(text, done);
      else socket.send(text, port, LOOPBACK, done);
    });
  const texts = Array.from({ length: COUNT }, (_, i) => `${connected} ${i}`);
  const alone: End[] = [];
  for (const text of texts) alone.push(await send(`${text} alone`));
  const together = await Promise.all(texts.map((text) => send(`${text} together`)));
  socket.close();
  await once(socket, "close");
  return { alone, together };
}

async function playAll(): Promise<void> {
  const receiver = await bound();
  const { port } = receiver.address();
  const heard = new Set<string>();
  let told = (): void => {};
  receiver.on("message", (message) => {
    heard.add(String(message));
    told();
  });
  const ends = { unconnected: await play(port, false), connected: await play(port, true) };
  while (heard.size < accepted.length) await new Promise<void>((resolve) => told = resolve);
  console.log(JSON.stringify(ends));
  process.exit(0);
}

void playAll();
