// What many hosts of a network in memory cost. Run as one of
//   PROGRAM pairs HOSTS COUNT [AMONG]  datagrams between two hosts that are drawn anew for each, of the first AMONG only, 64
//                                      in flight; CPU in µs per datagram, and the megabytes of the process
//   PROGRAM talk HOSTS SECONDS         each host says something to all others once a second of virtual time; CPU in µs per
//                                      datagram, and how many seconds one second of CPU is enough for
//   PROGRAM touch HOSTS COUNT          no network: what it takes to look at 16 plain objects of 200 bytes of each of two
//                                      hosts that are drawn; CPU in µs
import process from "node:process";
import { pathToFileURL } from "node:url";
import path from "node:path";

const main = process.env.DGRAM_BENCH_PACKAGE;
const beside = main.startsWith("file:") ? main : pathToFileURL(path.resolve(main)).href;
const { createNetwork } = await import(new URL("testing.js", beside));
const PORT = 5000;
const IN_FLIGHT = 64;
const payload = new Uint8Array(64).fill(7);

/** Numbers below `limit`, the same everywhere (Lehmer's generator). */
let state = 20;
function below(limit) {
  state = state * 48_271 % 2_147_483_647;
  return state % limit;
}

function makeHosts(net, count, listener) {
  const sockets = [];
  const addresses = [];
  for (let i = 0; i < count; i++) {
    const host = net.host();
    const socket = host.dgram.createSocket("udp4", listener);
    socket.bindSync({ port: PORT });
    sockets.push(socket);
    addresses.push(host.addresses[0]);
  }
  return { sockets, addresses };
}

async function pairs(hosts, count, among = hosts) {
  const net = createNetwork({ seed: 1 });
  let [sent, received] = [0, 0];
  let end;
  const { sockets, addresses } = makeHosts(net, hosts, () => {
    if (++received === end) settle();
    else if (sent < end) send();
  });
  let settle;
  const send = () => {
    sent++;
    sockets[below(among)].send(payload, PORT, addresses[below(among)]);
  };
  const play = async (more) => {
    const settled = new Promise((resolve) => settle = resolve);
    end = received + more;
    for (let i = 0; i < Math.min(IN_FLIGHT, more); i++) send();
    await net.run({ until: settled });
  };
  await play(Math.min(count, 100_000));
  const began = process.cpuUsage();
  await play(count);
  const cpu = cpuSince(began) / count;
  const megabytes = process.memoryUsage.rss() / 1e6;
  await net.close();
  return { cpu, megabytes };
}

async function talk(hosts, seconds) {
  const net = createNetwork({ seed: 1 });
  let received = 0;
  const { sockets, addresses } = makeHosts(net, hosts, () => received++);
  sockets.forEach((socket, own) => {
    const speak = () => addresses.forEach((address, other) => other !== own && socket.send(payload, PORT, address));
    // One after the other: no receive buffer has room for what a thousand hosts say at once.
    net.clock.setTimeout(() => {
      speak();
      net.clock.setInterval(speak, 1000);
    }, 1000 * (own + 1) / hosts);
  });
  const began = process.cpuUsage();
  await net.run({ for: seconds * 1000 + 1 });
  const cpu = cpuSince(began);
  await net.close();
  const count = seconds * hosts * (hosts - 1);
  if (received !== count) throw new Error(`${received} datagrams of ${count} in ${seconds} s`);
  return { cpu: cpu / count, timesRealTime: 1_000_000 * seconds / cpu };
}

/** An object of 200 bytes in V8. */
class Piece {
  constructor(next) {
    this.next = next;
    for (let i = 0; i < 22; i++) this[`field${i}`] = i;
  }
}

function touch(hosts, count) {
  const all = Array.from({ length: hosts }, () => {
    let piece = null;
    for (let i = 0; i < 16; i++) piece = new Piece(piece);
    return piece;
  });
  let sum = 0;
  const look = (times) => {
    for (let i = 0; i < 2 * times; i++) {
      for (let piece = all[below(hosts)]; piece !== null; piece = piece.next) sum += ++piece.field0;
    }
  };
  look(100_000);
  const began = process.cpuUsage();
  look(count);
  return { cpu: cpuSince(began) / count, sum };
}

/** Microseconds. */
function cpuSince(began) {
  const { user, system } = process.cpuUsage(began);
  return user + system;
}

const [what, ...numbers] = process.argv.slice(2);
const result = await { pairs, talk, touch }[what](...numbers.map(Number));
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
