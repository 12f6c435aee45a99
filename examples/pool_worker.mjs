// @ts-check
// One of the processes that share a port on a host: answers each question with its name. Told to end (SIGTERM), it
// answers what waits for it first. docs/beyond_one_machine.md puts several hosts of them behind a balancer.
//
//   node examples/pool_worker.mjs --name a1 --address 10.77.1.2 --port 7000
//   node examples/pool_worker.mjs --name a1 --fd 3        on a socket that a service manager holds
import process from "node:process";
import { parseArgs } from "node:util";
import { setImmediate, setTimeout } from "node:timers/promises";
import { capabilities, createSocket } from "@x/dgram";

// Milliseconds.
const MOMENT = 20;
const PATIENCE = 1000;
const QUIET_MOMENTS = 3;

const { values } = parseArgs({
  options: {
    name: { type: "string", default: `worker-${process.pid}` },
    address: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "7000" },
    fd: { type: "string" },
  },
});
const { name, address } = values;

let questions = 0;

/** @param {string} reason */
function fail(reason) {
  console.error(`pool_worker: ${reason}`);
  process.exitCode = 1;
}

function serve() {
  const socket = createSocket({ type: "udp4", reusePort: values.fd === undefined });
  socket.on("message", (message, from) => {
    // Two workers would answer each other's answers for ever, if somebody forged the first.
    if (message[0] !== 0x3f || from.port === 0) return;
    questions++;
    socket.send(`!${name} ${message.subarray(1, 65)}`, from.port, from.address, () => {});
  });
  socket.on("error", (error) => {
    fail(error.message);
    socket.close();
  });
  socket.on("close", () => console.log(`${name} has answered ${questions}`));
  socket.bind(values.fd === undefined ? { address, port: Number(values.port) } : { fd: Number(values.fd) }, () => {
    const at = socket.address();
    console.log(`${name} listens on ${at.address} port ${at.port}`);
  });
  process.once("SIGTERM", () => drain(socket));
}

/**
 * Answers what waits, until a few moments have brought nothing. Where clients never pause, it closes after a turn of the
 * event loop that has brought nothing: what comes between that and the end is lost.
 * @param {import("@x/dgram").Socket} socket
 */
async function drain(socket) {
  const end = performance.now() + PATIENCE;
  for (let quiet = 0, seen = questions; quiet < QUIET_MOMENTS && performance.now() < end; seen = questions) {
    await setTimeout(MOMENT);
    quiet = questions === seen ? quiet + 1 : 0;
  }
  for (let seen = NaN; questions !== seen && performance.now() < end + PATIENCE;) {
    seen = questions;
    await setImmediate();
  }
  socket.close();
}

const missing = values.fd === undefined ? "reusePort" : "fd";
if (capabilities.features[missing] === "unavailable") fail(`${missing}: ${capabilities.notes[missing]}`);
else serve();
