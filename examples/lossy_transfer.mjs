// A transfer over links that lose more and more, in a network in memory: what is said is the same on every runtime.
//
//   node examples/lossy_transfer.mjs [--bytes 20000] [--seed 1]
import process from "node:process";
import { parseArgs } from "node:util";
import { createNetwork } from "@x/dgram/testing";

const BLOCK = 1000; // bytes
const PATIENCE = 200; // milliseconds for an acknowledgement
const PORT = 6969;

const { values } = parseArgs({
  options: { bytes: { type: "string", default: "20000" }, seed: { type: "string", default: "1" } },
});
const bytes = Number(values.bytes);
const seed = Number(values.seed);

/** Takes block after block, and acknowledges each, the known ones too. */
function receive(socket, done) {
  let blocks = 0;
  socket.on("message", (block, { port, address }) => {
    const number = block.readUInt32BE(0);
    if (number === blocks) blocks++;
    socket.send(block.subarray(0, 4), port, address);
    if (blocks === Math.ceil(bytes / BLOCK)) done();
  });
  socket.bindSync({ port: PORT });
}

/** Sends one block after the other, each again until it is acknowledged. */
function send(socket, clock, address) {
  let number = 0;
  let timer;
  const transmit = () => {
    const block = new Uint8Array(4 + Math.min(BLOCK, bytes - number * BLOCK));
    new DataView(block.buffer).setUint32(0, number);
    socket.send(block, PORT, address);
    timer = clock.setTimeout(transmit, PATIENCE);
  };
  socket.on("message", (acknowledged) => {
    if (acknowledged.readUInt32BE(0) !== number) return;
    clock.clearTimeout(timer);
    number++;
    if (number * BLOCK < bytes) transmit();
  });
  transmit();
}

async function transfer(loss) {
  const net = createNetwork({ seed, link: { latency: "10ms", jitter: "2ms", loss }, trace: true });
  const [from, to] = [net.host({ name: "from" }), net.host({ name: "to" })];
  const received = new Promise((done) => receive(to.dgram.createSocket("udp4"), done));
  send(from.dgram.createSocket("udp4"), net.clock, to.addresses[0]);
  await net.run({ until: received });
  const took = net.clock.now();
  await net.close();
  return { took, sent: net.trace.filter(({ fate }) => fate === "sent").length };
}

if (!(bytes > 0 && Number.isInteger(seed) && seed >= 0)) {
  console.error("lossy_transfer: --bytes and --seed are numbers");
  process.exit(1);
}
for (const loss of [0, 0.1, 0.3, 0.5]) {
  const { took, sent } = await transfer(loss);
  console.log(`${loss * 100} % loss: ${took.toFixed(1)} ms, ${sent} datagrams`);
}
