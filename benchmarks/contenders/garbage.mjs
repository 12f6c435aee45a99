// What the engine allocates for each datagram that is sent and received in one process, by V8's sampling profiler: memory
// outside its heap is not counted. Run as: PROGRAM SIZE DATAGRAMS [pooled]
import { Session } from "node:inspector/promises";
import process from "node:process";
import { backend } from "./backend.mjs";

const IN_FLIGHT = 16;

const { createSocket } = await import(process.env.DGRAM_BENCH_PACKAGE ?? "node:dgram");
const [sizeText, countText, pooled] = process.argv.slice(2);
const payload = new Uint8Array(Number(sizeText)).fill(7);
const datagrams = Number(countText);
setTimeout(() => process.exit(1), 60_000).unref();

const open = (options) =>
  new Promise((resolve) => {
    const socket = createSocket({ type: "udp4", backend, ...options });
    socket.bind(0, "127.0.0.1", () => resolve(socket));
  });
const receiver = await open(pooled === undefined ? {} : { pooledMessages: true });
const sender = await open();
const { port } = receiver.address();

function pass() {
  let sent = 0;
  let received = 0;
  const refill = () => {
    const end = Math.min(sent + IN_FLIGHT, datagrams);
    while (sent < end) {
      sent++;
      sender.send(payload, port, "127.0.0.1");
    }
  };
  return new Promise((done) => {
    receiver.removeAllListeners("message").on("message", () => {
      if (++received === datagrams) done();
      else if (received === sent) refill();
    });
    refill();
  });
}

// What is compiled, and kept for ever, is not the datagrams'.
await pass();
const session = new Session();
session.connect();
await session.post("HeapProfiler.enable");
const collected = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
await session.post("HeapProfiler.startSampling", { samplingInterval: 4096, ...collected });
await pass();
const { profile } = await session.post("HeapProfiler.stopSampling");

const sizes = new Map();
let bytes = 0;
(function add({ callFrame, selfSize, children }) {
  bytes += selfSize;
  const name = callFrame.functionName || "(anonymous)";
  sizes.set(name, (sizes.get(name) ?? 0) + selfSize);
  children.forEach(add);
})(profile.head);
const functions = [...sizes].sort(([, one], [, other]) => other - one).slice(0, 12)
  .map(([name, size]) => [name, Math.round(size / datagrams)]);
process.stdout.write(`${JSON.stringify({ bytes: bytes / datagrams, functions })}\n`, () => process.exit(0));
