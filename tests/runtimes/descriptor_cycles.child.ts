/** For descriptors.test.ts: opens and closes rounds of as many sockets as the first argument says, and weighs the process. */
import { capabilities, createSocket, type Socket } from "@x/dgram";
import { once } from "node:events";
import process from "node:process";
import { askKernel, finish } from "../network/ask_kernel.ts";
import { collector } from "../support/collector.ts";

const HOST = "127.0.0.1";
const AT_ONCE = 10;
/**
 * Until the engine has compiled what it will, and pools have their size. Deno 2.9.5 opens a pair of sockets of its own
 * some time after 2,000 cycles, once.
 */
const WARM_UP = 10_000;
/** Of as many sockets as the first argument says, at the most. */
const ROUNDS = 6;

interface Weight {
  readonly descriptors: number;
  /** What the system says. */
  readonly resident: number;
  /** What the runtime says of its heap and of the memory of its buffers. */
  readonly own: number;
}

const taken = createSocket("udp4");
taken.bindSync({ address: HOST });
const { port } = taken.address();

function bound(options: object = {}): Socket {
  const socket = createSocket({ type: "udp4", ...options });
  socket.bindSync({ address: HOST });
  return socket;
}

/** Each answers once its socket is closed. */
const lives: readonly (() => Promise<unknown>)[] = [
  () => closed(bound()),
  () => closed(bound({ reuseAddr: true })),
  async () => {
    const socket = createSocket("udp4");
    socket.bind(0, HOST);
    await once(socket, "listening");
    await closed(socket);
  },
  () => {
    const socket = bound();
    socket.setBroadcast(true);
    socket.connectSync(port, HOST);
    socket.send("x");
    return closed(socket);
  },
  async () => {
    const socket = bound();
    socket.send("x", socket.address().port, HOST);
    await once(socket, "message");
    await closed(socket);
  },
  async () => {
    const socket = createSocket("udp4");
    socket.bind(port, HOST);
    const [error] = await once(socket, "error").catch((thrown) => [thrown]);
    if (error.code !== "EADDRINUSE") throw error;
    await closed(socket);
  },
  () => {
    // Made in other ways on some runtimes.
    const socket = createSocket({ type: "udp6", ipv6Only: true });
    socket.bindSync({ address: "::1" });
    return closed(socket);
  },
  () => closed(bound({ reusePort: capabilities.features.reusePort !== "unavailable" })),
];

function closed(socket: Socket): Promise<unknown> {
  const end = once(socket, "close");
  socket.close();
  return end;
}

async function cycle(count: number): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => lives[(done + n) % lives.length]()));
  }
}

const collect = collector();

/** What is closed may go some turns later: weighs until the process is as light as it was. */
async function weigh(limit?: Weight): Promise<Weight> {
  for (let attempt = 0;; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collect();
    const { heapUsed, external } = process.memoryUsage();
    const weight = { ...await askKernel<Weight>("count"), own: heapUsed + external };
    const light = limit && weight.descriptors <= limit.descriptors && weight.own <= limit.own;
    if (attempt === (limit ? 200 : 10) || light) return weight;
  }
}

/**
 * Weighs before and after so many sockets, until a round leaves the process as heavy as it was: Deno's allocator takes
 * what it will keep, 190 MB, at some time in the first 20,000 (seen in 2.9.6), and what is lost with each socket is lost
 * in each round.
 */
async function play(count: number): Promise<{ before: Weight; after: Weight }> {
  await cycle(WARM_UP);
  // The first weighing opens what asking takes.
  await weigh();
  await cycle(WARM_UP / 10);
  let before = await weigh();
  for (let round = 1;; round++) {
    await cycle(count);
    const after = await weigh({ ...before, own: before.own + 1_000_000 });
    const isSteady = after.descriptors <= before.descriptors && after.own <= before.own + 1_000_000;
    if (round === ROUNDS || isSteady && after.resident <= before.resident + 1600 * count) {
      await closed(taken);
      return { before, after };
    }
    before = after;
  }
}

void finish(() => play(Number(process.argv[2])));
