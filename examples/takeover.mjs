// @ts-check
// A server that is replaced by a new process again and again, while a client sends: every datagram is answered once.
//
//   node examples/takeover.mjs --servers 3 --datagrams 200
import { fork } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createSocket } from "@x/dgram";
import { handoffCapabilities, receiveSockets, sendSocket } from "@x/dgram/handoff";

/** A child process: answers with its number, until it is told to give the socket back. */
function serve() {
  const number = process.argv[2];
  const stop = receiveSockets(process, (socket) => {
    socket.on("message", (message, from) => {
      // Port 0 is legal as a sender's, and can't be answered; no more can some addresses.
      if (from.port > 0) socket.send(`${number} ${message}`, from.port, from.address, () => {});
    });
    process.once("message", async () => {
      await sendSocket(socket, process);
      stop();
      process.disconnect?.();
    });
  });
}

async function lead() {
  const { features, notes } = handoffCapabilities;
  if (features.handoffToProcess === "unavailable") throw new Error(`handoffToProcess: ${notes.handoffToProcess}`);
  const { values } = parseArgs({
    options: { servers: { type: "string", default: "3" }, datagrams: { type: "string", default: "200" } },
  });
  const [servers, datagrams] = [Number(values.servers), Number(values.datagrams)];

  let socket = createSocket("udp4");
  const { address, port } = socket.bindSync({ address: "127.0.0.1" });

  /** @type {Map<string, number>} */
  const answers = new Map();
  const client = createSocket("udp4", (message) => {
    const [number] = String(message).split(" ");
    answers.set(number, (answers.get(number) ?? 0) + 1);
  });

  for (let number = 1; number <= servers; number++) {
    const child = fork(fileURLToPath(import.meta.url), [String(number)]);
    await sendSocket(socket, child);
    // Half of them while this server has the socket, the others while nobody reads it.
    for (let i = 0; i < datagrams / servers / 2; i++) client.send(`${i}`, port, address);
    const back = new Promise((resolve) => receiveSockets(child, resolve));
    child.send("enough");
    socket = await back;
    socket.pause();
    for (let i = 0; i < datagrams / servers / 2; i++) client.send(`${i}`, port, address);
  }

  // What came after the last server went is answered here.
  socket.on("message", (message, from) => socket.send(`0 ${message}`, from.port, from.address));
  socket.resume();
  const count = () => [...answers.values()].reduce((sum, each) => sum + each, 0);
  const sent = servers * 2 * Math.ceil(datagrams / servers / 2);
  while (count() < sent) await new Promise((resolve) => client.once("message", resolve));
  for (const [number, each] of [...answers].sort()) console.log(`server ${number}: ${each} answers`);
  console.log(`${sent} datagrams, ${count()} answers`);
  client.close();
  socket.close();
}

if (process.send) serve();
else {lead().catch((/** @type {Error} */ error) => {
    console.error(`takeover: ${error.message}`);
    process.exitCode = 1;
  });}
