// Two programs in one process that run by turns of some milliseconds, so that what else the machine does falls on both.
// Run as: PROGRAM COMPARISON PAIRS TURN_MS
import own from "node:dgram";
import process from "node:process";
import { median } from "../figures.mjs";
import { backend } from "./backend.mjs";

const HOST = "127.0.0.1";
const SIZE = 64;
/** Of pairs, datagrams on their way at most, and how few of them ask for more. */
const IN_FLIGHT = 64;
const REFILL_AT = 32;
const PEERS = 16;
const BURST = 32;
/** Of mixed traffic, bytes. */
const MOST = 1400;
/** Turns of each that do not count. */
const WARM_UP = 60;

const entry = process.env.DGRAM_BENCH_PACKAGE;
const { createSocket } = await import(entry);
const { guard } = await import(new URL("guard.js", entry));
const { observe } = await import(new URL("observe.js", entry));
const payload = new Uint8Array(MOST).fill(7);

const theirs = () => own.createSocket("udp4");
const ours = () => createSocket({ type: "udp4", backend });
const withoutRows = () => createSocket({ type: "udp4", backend, segmentation: "off" });
function observed() {
  const socket = ours();
  observe(socket);
  return socket;
}

let isGuarded = false;
/** The first, which receives. */
function guarded() {
  const socket = ours();
  const rate = { datagrams: 1e6, bytes: 1e9 };
  if (!isGuarded) guard(socket, { rate, validatedRate: rate, samePort: true });
  isGuarded = true;
  return socket;
}

const open = (create, onMessage) =>
  new Promise((resolve) => {
    const socket = create();
    socket.on("message", onMessage);
    socket.bind(0, HOST, () => resolve(socket));
  });

/** A turn: `start(isOver, end)` begins one, asks whether it is over, and ends it with how many datagrams it moved. */
const turnsOf = (start) => (milliseconds) =>
  new Promise((resolve) => {
    const until = performance.now() + milliseconds;
    start(() => performance.now() >= until, resolve);
  });

async function pair(create) {
  const data = payload.subarray(0, SIZE);
  let [sent, received, isStopping] = [0, 0, false];
  let [isOver, end] = [];
  const receiver = await open(create, () => {
    received++;
    if ((received & 31) === 0) isStopping ||= isOver();
    if (isStopping && sent === received) end(received);
    else if (!isStopping && sent - received <= REFILL_AT) refill();
  });
  const sender = await open(create, () => {});
  const { port } = receiver.address();
  function refill() {
    for (const most = received + IN_FLIGHT; sent < most; sent++) sender.send(data, port, HOST);
  }
  return turnsOf((...turn) => {
    [sent, received, isStopping] = [0, 0, false];
    [isOver, end] = turn;
    refill();
  });
}

async function echo(create) {
  const data = payload.subarray(0, SIZE);
  let trips = 0;
  let [isOver, end] = [];
  const server = await open(create, (message, from) => server.send(message, from.port, HOST));
  const client = await open(create, () => {
    trips++;
    if ((trips & 15) === 0 && isOver()) end(trips);
    else client.send(data, port, HOST);
  });
  const { port } = server.address();
  return turnsOf((...turn) => {
    trips = 0;
    [isOver, end] = turn;
    client.send(data, port, HOST);
  });
}

/** A socket and its peers: datagrams of random sizes to random ones, each of which answers with one of another size. */
async function mixed(create) {
  let seed = 1;
  /** The same ones in each run. */
  function random(below) {
    seed = Math.imul(seed, 1664525) + 1013904223 >>> 0;
    return Math.floor(seed / 2 ** 32 * below);
  }
  const some = () => payload.subarray(0, 1 + random(MOST));
  let [moved, unanswered] = [0, 0];
  let [isOver, end] = [];
  const hub = await open(create, () => {
    moved++;
    if (--unanswered > 0) return;
    if (isOver()) end(moved);
    else burst();
  });
  const peers = await Promise.all(Array.from({ length: PEERS }, async () => {
    const peer = await open(create, (_, from) => {
      moved++;
      peer.send(some(), from.port, HOST);
    });
    return peer.address().port;
  }));
  function burst() {
    unanswered = BURST;
    for (let i = 0; i < BURST; i++) hub.send(some(), peers[random(PEERS)], HOST);
  }
  return turnsOf((...turn) => {
    moved = 0;
    [isOver, end] = turn;
    burst();
  });
}

/** The work, what is compared, and what with. */
const comparisons = {
  pair: [pair, ours, theirs],
  echo: [echo, ours, theirs],
  mixed: [mixed, ours, withoutRows],
  observed: [pair, observed, ours],
  guarded: [pair, guarded, ours],
};

const [name, pairs, milliseconds] = process.argv.slice(2);
const [work, ...creators] = comparisons[name];

function print(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}

/** CPU of one datagram. */
async function cost(run) {
  const before = process.cpuUsage();
  const count = await run(Number(milliseconds));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

setTimeout(() => print({ stalled: true }), 5000 + 3 * Number(milliseconds) * (WARM_UP + Number(pairs)) * 2);
const runs = await Promise.all(creators.map(work));
for (let i = 0; i < WARM_UP; i++) for (const run of runs) await cost(run);
const costs = [[], []];
for (let i = 0; i < pairs; i++) {
  // The first of two is at times the dearer one.
  for (const which of i % 2 ? [1, 0] : [0, 1]) costs[which].push(await cost(runs[which]));
}
const compare = (how) => median(costs[0].map((one, i) => how(one, costs[1][i])));
print({ ratio: compare((one, other) => one / other), more: compare((one, other) => one - other) });
