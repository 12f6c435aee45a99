// What a datagram costs in a network in memory, beside a backend of a few lines that has no network: 64 in flight, in one
// process. Run as: PROGRAM COUNT SIZE
import { Buffer } from "node:buffer";
import process from "node:process";
import { pathToFileURL } from "node:url";
import path from "node:path";

const main = process.env.DGRAM_BENCH_PACKAGE;
const { capabilities, createSocket } = await import(main);
const beside = main.startsWith("file:") ? main : pathToFileURL(path.resolve(main)).href;
const { createNetwork } = await import(new URL("testing.js", beside));
const [count, size] = process.argv.slice(2).map(Number);
const payload = new Uint8Array(size).fill(7);
const ROUNDS = 5;

/** All that is sent in one turn is told in the next one, with nothing in between. */
function bareBackend() {
  const hosts = new Map();
  let queue = [];
  const tell = () => {
    const told = queue;
    queue = [];
    for (const arrive of told) arrive();
  };
  const done = () => 0;
  const open = ({ port }, host) => {
    hosts.set(port, host);
    const address = { address: "127.0.0.1", family: "IPv4", port };
    const send = (datagram) => {
      const data = Buffer.from(datagram.data);
      const arrive = () => hosts.get(datagram.port)?.message(data, { ...address, size: data.length });
      if (queue.push(arrive) === 1) setImmediate(tell);
      return 1;
    };
    const sendBatch = (datagrams, from) => send(datagrams[from]);
    return {
      deferred: false,
      queueSize: 0,
      queueCount: 0,
      address: () => address,
      send,
      sendBatch,
      ref: done,
      close: (after) => after(),
    };
  };
  return { name: "bare", capabilities, open };
}

const bare = () => {
  const backend = bareBackend();
  const [sender, receiver] = [4000, 5000].map((port) => {
    const socket = createSocket({ type: "udp4", backend });
    socket.bindSync({ port });
    return socket;
  });
  return { sender, receiver, address: "127.0.0.1", until: (end) => end, close: () => {} };
};

const simulated = (trace) => () => {
  const net = createNetwork({ trace });
  const hosts = [net.host(), net.host()];
  const [sender, receiver] = hosts.map(({ dgram }, index) => {
    const socket = dgram.createSocket("udp4");
    socket.bindSync({ port: 4000 + 1000 * index });
    return socket;
  });
  return {
    sender,
    receiver,
    address: hosts[1].addresses[0],
    until: (end) => net.run({ until: end }),
    close: () => net.close(),
  };
};

/** CPU in µs for each datagram. */
async function pair({ sender, receiver, address, until, close }) {
  let [sent, received] = [0, 0];
  const refill = () => {
    for (; sent - received < 64 && sent < count; sent++) sender.send(payload, 5000, address);
  };
  const began = process.cpuUsage();
  const end = new Promise((resolve) =>
    receiver.on("message", () => {
      if (++received === count) resolve();
      else if (sent - received <= 32) refill();
    })
  );
  refill();
  await until(end);
  const { user, system } = process.cpuUsage(began);
  await close();
  return (user + system) / count;
}

const kinds = { bare, simulated: simulated(false), traced: simulated(true) };
const figures = { bare: [], simulated: [], traced: [] };
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, make] of round % 2 ? Object.entries(kinds).reverse() : Object.entries(kinds)) {
    const cpu = await pair(make());
    // The first is a warm-up.
    if (round > 0) figures[name].push(cpu);
  }
}
const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1];
const result = Object.fromEntries(Object.entries(figures).map(([name, list]) => [name, middle(list)]));
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
