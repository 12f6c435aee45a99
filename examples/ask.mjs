// Asks an echo server one question after the other and prints how many came back, and how fast.
//
//   node examples/ask.mjs 127.0.0.1 7000 [--count 20] [--connect] [--interface 127.0.0.1]
import { on } from "node:events";
import { isIP, isIPv6 } from "node:net";
import process from "node:process";
import { parseArgs } from "node:util";
import { capabilities, createSocket } from "@x/dgram";

const PATIENCE = 2000; // milliseconds for one answer

const { positionals: [address = "127.0.0.1", port = "7000"], values } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "20" },
    connect: { type: "boolean", default: false },
    interface: { type: "string" },
  },
});

const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");

if (values.interface) {
  // Where no interface can be chosen for multicast, Linux takes that of the address bound to.
  socket.bindSync({ address: values.interface });
  if (capabilities.features.multicastInterface !== "unavailable") socket.setMulticastInterface(values.interface);
}
if (values.connect) socket.connectSync(Number(port), address);

const literal = isIPv6(address) ? new URL(`http://[${address.split("%")[0]}]/`).hostname.slice(1, -1) : address;
/** Of a name it is not known, of "any" it is another, and a group answers by addresses of its members. */
const isKnown = isIP(literal) !== 0 && literal !== "0.0.0.0" && literal !== "::" && !values.interface;

/** The milliseconds until the answer came. */
async function ask(question) {
  const started = performance.now();
  const answers = on(socket, "message", { signal: AbortSignal.timeout(PATIENCE) });
  if (values.connect) socket.send(question);
  else socket.send(question, Number(port), address);
  // Anybody can send: what is not the answer is passed over.
  for await (const [message, from] of answers) {
    const isPeer = from.port === Number(port) && (!isKnown || from.address.split("%")[0] === literal);
    if (isPeer && `${message}` === question) break;
  }
  return performance.now() - started;
}

const count = Number(values.count);
const times = [];
try {
  while (times.length < count) times.push(await ask(`question ${times.length}`));
} catch (error) {
  console.error(error.name === "AbortError" ? `no answer within ${PATIENCE} ms` : error.message);
  process.exitCode = 1;
} finally {
  socket.close();
}

const median = times.sort((a, b) => a - b)[times.length >> 1];
console.log(`${times.length} of ${count} answers, median ${median?.toFixed(3)} ms`);
