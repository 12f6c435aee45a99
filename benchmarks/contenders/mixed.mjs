// Mixed traffic in one process: a socket and 16 peers, datagrams of random sizes to random peers, each of which is answered
// by one of another size. Nothing of it makes rows, but by chance. Run as: PROGRAM WARM_UP_MS MEASURE_MS auto|off
import process from "node:process";
import { backend } from "./backend.mjs";
import { Meter } from "./meter.mjs";

const PEERS = 16;
const BURST = 32;
const MOST = 1400;
const HOST = "127.0.0.1";

const [warmUp, measure, segmentation] = process.argv.slice(2);
const { createSocket } = await import(process.env.DGRAM_BENCH_PACKAGE);
const payload = new Uint8Array(MOST).fill(7);
let seed = 1;
/** The same ones in each run. */
function random(below) {
  seed = Math.imul(seed, 1664525) + 1013904223 >>> 0;
  return Math.floor(seed / 2 ** 32 * below);
}
const some = () => payload.subarray(0, 1 + random(MOST));

function print(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}

function open(onMessage) {
  const socket = createSocket({ type: "udp4", backend, segmentation });
  socket.on("message", onMessage);
  socket.bindSync({ address: HOST });
  return socket;
}

setTimeout(() => print({ stalled: true }), Number(warmUp) + Number(measure) + 4000);
const meter = new Meter({ warmUp: Number(warmUp), measure: Number(measure) });
let moved = 0;
let unanswered = 0;
const hub = open(() => {
  moved++;
  if (meter.check(moved)) return;
  if (--unanswered === 0) burst();
});
const ports = Array.from({ length: PEERS }, () => {
  const peer = open((_, from) => {
    moved++;
    peer.send(some(), from.port, HOST);
  });
  return peer.address().port;
});
function burst() {
  unanswered = BURST;
  for (let i = 0; i < BURST; i++) hub.send(some(), ports[random(PEERS)], HOST);
}
meter.start();
burst();
await meter.untilEnd;
print({ ...meter.result, lost: 0 });
