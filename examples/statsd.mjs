// @ts-check
// A statsd client that joins metrics to datagrams, and sends those in batches.
//
//   node examples/statsd.mjs --server 127.0.0.1 --port 8125 --requests 1000
import { Buffer } from "node:buffer";
import process from "node:process";
import { parseArgs } from "node:util";
import { connect } from "@x/dgram/promises";

const ROOM = 1432; // bytes of a datagram that passes an Ethernet and its tunnels in one piece
const PATIENCE = 100; // milliseconds that a metric may wait for others

/** Counts, gauges and timings; what is not full leaves after a moment. */
class Statsd {
  sent = { metrics: 0, datagrams: 0 };
  #socket;
  /** @type {string[]} */
  #lines = [];
  #size = 0;
  /** @type {{ data: string }[]} */
  #full = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {import("@x/dgram/promises").ConnectedSocket} socket */
  constructor(socket) {
    this.#socket = socket;
  }

  count = (/** @type {string} */ name, value = 1) => this.#add(`${name}:${value}|c`);
  gauge = (/** @type {string} */ name, /** @type {number} */ value) => this.#add(`${name}:${value}|g`);
  timing = (/** @type {string} */ name, /** @type {number} */ milliseconds) => this.#add(`${name}:${milliseconds}|ms`);

  async flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#seal();
    const batch = this.#full.splice(0);
    if (batch.length === 0) return;
    this.sent.datagrams += batch.length;
    // Metrics may be lost, on the way as here; a refused datagram is no reason to stop.
    await this.#socket.sendMany(batch).catch(() => {});
  }

  /** @param {string} line */
  #add(line) {
    const size = Buffer.byteLength(line) + 1;
    if (this.#size + size > ROOM) this.#seal();
    this.#lines.push(line);
    this.#size += size;
    this.sent.metrics++;
    this.#timer ??= setTimeout(() => void this.flush(), PATIENCE);
  }

  #seal() {
    if (this.#lines.length > 0) this.#full.push({ data: this.#lines.splice(0).join("\n") });
    this.#size = 0;
  }
}

const { values } = parseArgs({
  options: {
    server: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "8125" },
    requests: { type: "string", default: "1000" },
  },
});

try {
  const socket = await connect({ address: values.server, port: Number(values.port) });
  const metrics = new Statsd(socket);
  for (let n = 0; n < Number(values.requests); n++) {
    metrics.count("requests");
    if (n % 10 === 0) metrics.timing("latency", 20);
  }
  metrics.gauge("workers", 4);
  await metrics.flush();
  await socket.close();
  console.log(`${metrics.sent.metrics} metrics in ${metrics.sent.datagrams} datagrams`);
} catch (error) {
  console.error(`statsd: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
}
