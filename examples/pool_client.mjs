// @ts-check
// Clients of pool_worker that ask on and on, and count what is answered, by whom, and what is lost. A line on the
// standard input names what is done next: what was counted until then is printed. An empty one prints how far it is.
//
//   node examples/pool_client.mjs 10.77.2.1 7000 --from 10.77.2.2,10.77.2.10 --each 2 --pause 20
import { randomBytes } from "node:crypto";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createSocket } from "@x/dgram";

const { positionals: [address = "127.0.0.1", port = "7000"], values } = parseArgs({
  allowPositionals: true,
  options: {
    from: { type: "string", default: "0.0.0.0" },
    each: { type: "string", default: "1" },
    pause: { type: "string", default: "20" },
    patience: { type: "string", default: "1000" },
  },
});

const MOST_OPEN = 10_000; // of one client

/**
 * @typedef {{ name: string, sent: number, answered: number, by: Map<string, Set<string>>, moved: number }} Phase
 * `by` has for each worker the clients that it has answered.
 */

/** @returns {Phase} */
const phaseOf = (/** @type {string} */ name) => ({ name, sent: 0, answered: 0, by: new Map(), moved: 0 });

let phase = phaseOf("at first");
let lastAnswer = performance.now();

/** One client: a socket of its own, which hears nobody but whom it asks. */
class Client {
  #socket = createSocket("udp4");
  /** What answers have to have: nobody else knows it. */
  #key = randomBytes(6).toString("hex");
  #asked = 0;
  /** Questions without an answer, and the phase of each. @type {Map<string, Phase>} */
  #open = new Map();
  #lastWorker = "";
  #name = "";

  /** @param {string} from */
  constructor(from) {
    const socket = this.#socket;
    socket.on("message", (message) => this.#hear(`${message}`));
    // Where nobody listens the kernel says so: the question is as lost as any other.
    socket.on("error", () => {});
    socket.bindSync({ address: from });
    socket.connectSync(Number(port), address);
    const own = socket.address();
    this.#name = `${own.address}:${own.port}`;
  }

  ask() {
    const question = `${this.#key}.${this.#asked++}`;
    phase.sent++;
    this.#open.set(question, phase);
    if (this.#open.size > MOST_OPEN) this.#open.delete(this.#open.keys().next().value ?? "");
    this.#socket.send(`?${question}`, () => {});
  }

  get waits() {
    return this.#open.size > 0;
  }

  forget() {
    this.#open.clear();
  }

  close() {
    this.#socket.close();
  }

  /** @param {string} text */
  #hear(text) {
    const [, worker, question] = /^!([\w.-]{1,32}) ([\w.]+)$/.exec(text) ?? [];
    const counted = this.#open.get(question);
    if (counted === undefined) return;
    this.#open.delete(question);
    counted.answered++;
    lastAnswer = performance.now();
    if (this.#lastWorker !== "" && this.#lastWorker !== worker) counted.moved++;
    this.#lastWorker = worker;
    const clients = counted.by.get(worker) ?? new Set();
    counted.by.set(worker, clients.add(this.#name));
  }
}

/** @param {Phase} phase */
function print({ name, sent, answered, by, moved }, ended = true) {
  const rest = ended ? `${sent - answered} lost` : `${sent - answered} open`;
  const lines = [`${name}: ${sent} sent, ${answered} answered, ${rest}, ${moved} by another worker than before`];
  for (const [worker, clients] of [...by].sort()) lines.push(`  ${worker} answered ${[...clients].sort().join(" ")}`);
  console.log(`${lines.join("\n")}\n`);
}

/** @param {Client[]} clients */
async function talk(clients) {
  let asking = true;
  const timer = setInterval(() => {
    for (const client of asking ? clients : []) client.ask();
  }, Number(values.pause));
  const end = async () => {
    asking = false;
    lastAnswer = performance.now();
    while (clients.some((client) => client.waits) && performance.now() - lastAnswer < Number(values.patience)) {
      await setTimeout(5);
    }
    for (const client of clients) client.forget();
    print(phase);
  };
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "") {
      print(phase, false);
      continue;
    }
    await end();
    phase = phaseOf(line);
    asking = true;
  }
  await end();
  clearInterval(timer);
}

/** @type {Client[]} */
const clients = [];
try {
  for (const from of values.from.split(",")) {
    for (let number = 0; number < Number(values.each); number++) clients.push(new Client(from));
  }
  await talk(clients);
} catch (error) {
  console.error(`pool_client: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
} finally {
  for (const client of clients) client.close();
}
