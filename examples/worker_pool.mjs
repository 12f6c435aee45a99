// @ts-check
// Threads that share one port: the kernel gives each client to one of them. Asks them as many clients, and counts.
//
//   node examples/worker_pool.mjs --workers 4 --clients 64 --port 0
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { capabilities, createSocket } from "@x/dgram";
import { bind } from "@x/dgram/promises";

/** A thread: answers with its number. */
function serve() {
  const { number, address, port } = workerData;
  const socket = createSocket({ type: "udp4", reusePort: true });
  socket.on("message", (_message, from) => {
    // Port 0 is legal as a sender's, and can't be answered; no more can some addresses.
    if (from.port > 0) socket.send(`${number}`, from.port, from.address, () => {});
  });
  parentPort?.once("message", () => socket.close());
  parentPort?.postMessage(socket.bindSync({ address, port }).port);
}

/**
 * Starts a thread and answers its port.
 * @param {object} data
 * @returns {Promise<{ worker: Worker, port: number }>}
 */
function start(data) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: data });
    worker.once("error", reject);
    worker.once("message", (port) => resolve({ worker, port }));
  });
}

async function lead() {
  if (capabilities.features.reusePort === "unavailable") throw new Error(`reusePort: ${capabilities.notes.reusePort}`);
  const { values } = parseArgs({
    options: {
      address: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "0" },
      workers: { type: "string", default: "4" },
      clients: { type: "string", default: "64" },
    },
  });
  const { address } = values;
  /** @type {{ worker: Worker, port: number }[]} */
  const workers = [];
  // The first chooses the port where that is left to the kernel.
  for (let number = 0, port = Number(values.port); number < Number(values.workers); number++) {
    workers.push(await start({ number, address, port }));
    port = workers[0].port;
  }
  const served = workers.map(() => 0);
  await Promise.all(Array.from({ length: Number(values.clients) }, async () => {
    // The kernel chooses by address and port of the client: a socket for each.
    const client = await bind({ address });
    const { data } = await client.request("who are you?", { address, port: workers[0].port }).finally(() =>
      client.close()
    );
    served[Number(data)]++;
  }));
  for (const [number, count] of served.entries()) console.log(`worker ${number}: ${count} datagrams`);
  for (const { worker } of workers) worker.postMessage("close");
}

if (!isMainThread) {
  serve();
} else {
  await lead().catch((error) => {
    console.error(`worker_pool: ${error.message}`);
    process.exitCode = 1;
  });
}
