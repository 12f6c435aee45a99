// Receives on one port with several worker threads, each with its own socket (reusePort). Run as:
// PROGRAM workers SIZE WARM_UP_MS MEASURE_MS WORKERS WORK_US
import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

/** The sender of peers/many.c has one acknowledgement for as many. */
const ACK_EVERY = 16;
/** So far apart are the workers' counters that they share no cache line. */
const STRIDE = 32;
/** After the measurement: what is on its way arrives meanwhile. */
const TAIL_MS = 400;

const [size, warmUp, measure, workers, workOfEach] = process.argv.slice(3).map(Number);
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function receive({ index, port, counters }) {
  const { createSocket } = await import(process.env.DGRAM_BENCH_PACKAGE);
  const counts = new Int32Array(counters);
  const socket = createSocket({ type: "udp4", reusePort: true });
  const ack = new Uint8Array(1);
  let count = 0;
  socket.on("message", (data, from) => {
    if (data.length !== size) throw new Error(`a datagram of ${data.length} bytes`);
    if (workOfEach > 0) { for (const end = performance.now() + workOfEach / 1000; performance.now() < end;); }
    counts[index * STRIDE] = ++count;
    if (count % ACK_EVERY === 0) socket.send(ack, from.port, "127.0.0.1");
  });
  socket.on("error", (error) => parentPort.postMessage({ problem: error.message }));
  socket.bind(port, "127.0.0.1", () => parentPort.postMessage({ port: socket.address().port }));
}

function start(index, port, counters) {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { index, port, counters },
    argv: process.argv.slice(2),
  });
  return new Promise((resolve, reject) => {
    worker.once("message", (message) => message.port === undefined ? reject(message.problem) : resolve(message.port));
    worker.once("error", reject);
  });
}

async function lead() {
  const counters = new SharedArrayBuffer(workers * STRIDE * 4);
  const counts = new Int32Array(counters);
  const each = () => Array.from({ length: workers }, (_, index) => Atomics.load(counts, index * STRIDE));
  const total = () => each().reduce((sum, count) => sum + count);
  // The first finds a free port, which the others share.
  let port = 0;
  for (let index = 0; index < workers; index++) port = await start(index, port, counters);
  console.log(JSON.stringify({ port }));
  for (let i = 0; i < 1000 && total() === 0; i++) await after(5);
  await after(warmUp);
  const [count, now, cpu] = [total(), performance.now(), process.cpuUsage()];
  await after(measure);
  const { user, system } = process.cpuUsage(cpu);
  const result = { datagrams: total() - count, seconds: (performance.now() - now) / 1000, cpu: user + system };
  await after(TAIL_MS);
  console.log(JSON.stringify({ ...result, each: each(), received: total() }));
  process.exit(0);
}

if (isMainThread) await lead();
else await receive(workerData);
