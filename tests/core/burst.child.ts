/** Parts of burst.test.ts that need a process of their own: `exceptions` or `memory`. Prints one line of JSON. */
import { createSocket, type Socket } from "@x/dgram";
import type { Buffer } from "node:buffer";
import process from "node:process";

const WINDOW = 64;
const HOST = "127.0.0.1";

function bound(): Socket {
  const socket = createSocket("udp4");
  socket.bindSync({ address: HOST });
  return socket;
}

/** Each second listener and each third callback throws. */
function exceptions(count: number): void {
  const [from, to] = [bound(), bound()];
  const told = { received: 0, calledBack: 0, uncaught: 0, expected: 0 };
  const finish = (): void => {
    if (told.received < count || told.calledBack < count || told.uncaught < told.expected) return;
    console.log(JSON.stringify(told));
    from.close();
    to.close();
  };
  process.on("uncaughtException", () => {
    told.uncaught++;
    finish();
  });
  const send = (i: number): void => {
    from.send(String(i), to.address().port, HOST, () => {
      told.calledBack++;
      if (i % 3 === 0) {
        told.expected++;
        throw new Error(`callback ${i}`);
      }
      finish();
    });
  };
  let next = 0;
  to.on("message", () => {
    const i = told.received++;
    if (next < count) send(next++);
    if (i % 2 === 0) {
      told.expected++;
      throw new Error(`listener ${i}`);
    }
    finish();
  });
  while (next < WINDOW) send(next++);
}

/** Receives and holds messages, and tells what the process holds more than before. */
function memory(count: number, size: number): void {
  const [from, to] = [bound(), bound()];
  const payload = new Uint8Array(size);
  const held: Buffer[] = [];
  let before = process.memoryUsage();
  let sent = 0;
  const send = (): void => {
    sent++;
    from.send(payload, to.address().port, HOST);
  };
  // The first ones fill caches and pools, which are not the messages'.
  const warmUp = 500;
  to.on("message", (message) => {
    held.push(message);
    if (held.length === warmUp) before = process.memoryUsage();
    if (sent < count + warmUp) return send();
    if (held.length < sent) return;
    const after = process.memoryUsage();
    const buffers = new Set(held.map((each) => each.buffer));
    console.log(JSON.stringify({
      held: held.length - warmUp,
      pinned: [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0) / held.length,
      rss: after.rss - before.rss,
      external: after.external - before.external,
      arrayBuffers: after.arrayBuffers - before.arrayBuffers,
    }));
    from.close();
    to.close();
  });
  for (let i = 0; i < WINDOW; i++) send();
}

const [mode, ...args] = process.argv.slice(2);
if (mode === "exceptions") exceptions(Number(args[0]));
else memory(Number(args[0]), Number(args[1]));
