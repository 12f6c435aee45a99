// The work that every contender does, whatever its API. Run as: PROGRAM WORK SIZE WARM_UP_MS MEASURE_MS [MORE]...
import process from "node:process";
import { holdMessages } from "./hold_messages.mjs";
import { manyPeers, manySockets } from "./many_sockets.mjs";
import { Meter } from "./meter.mjs";
import { underFlood } from "./under_flood.mjs";

/** Datagrams on their way at most, and how few of them ask for more. 64 of 1400 bytes fit the default receive buffer. */
const IN_FLIGHT = 64;
const REFILL_AT = 32;
/** Between processes the receiver acknowledges each run of this many. */
const ACK_EVERY = 16;
/** How long a sender goes on after its own measurement, so that the receiver's ends under load too. */
const TAIL_MS = 100;

const [work, sizeText, warmUpText, measureText, ...more] = process.argv.slice(2);
const size = Number(sizeText);
const payload = new Uint8Array(size).fill(7);
const times = { warmUp: Number(warmUpText), measure: Number(measureText) };

/** Bounded whatever happens: nothing here takes this long. */
const deadline = times.warmUp + times.measure + 8000;
const numbers = (text) => text.split(",").map(Number);

function print(result, exit = true) {
  process.stdout.write(`${JSON.stringify(result)}\n`, () => exit && process.exit(0));
}

/**
 * Drives one API. `open(onMessage)` answers a promise of an endpoint `{ port, send(data, port, count) }` on 127.0.0.1
 * that calls `onMessage(data, senderPort)`; `openHolding` is the same for messages that are kept. What drives many
 * sockets and peers also needs `close()` and `sendEach(data, ports, count)`, which sends to those ports in turn.
 */
export async function drive(open, openHolding = open) {
  setTimeout(() => print({ stalled: true }), deadline);
  if (work === "pair") await pair(open);
  else if (work === "receive") await receive(open);
  else if (work === "send") await send(open, Number(more[0]));
  else if (work === "echo") await echo(open);
  else if (work === "memory") print(await holdMessages(openHolding, payload, IN_FLIGHT, REFILL_AT));
  else if (work === "sockets") print(await manySockets(open, payload, times, numbers(more[0])));
  else if (work === "peers") print(await manyPeers(open, payload, times, numbers(more[0]), numbers(more[1])));
  else if (work === "timer") print(await underFlood(open, times, Number(more[0]), (port) => print({ port }, false)));
  else throw new Error(`no such work: ${work}`);
}

/** Sends and receives in one process. */
async function pair(open) {
  const meter = new Meter(times);
  let sent = 0;
  let received = 0;
  const receiver = await open((data) => {
    if (data.length !== size) throw new Error(`a datagram of ${data.length} bytes`);
    received++;
    if ((received & 31) === 0 && meter.check(received) && sent === received) print({ ...meter.result, lost: 0 });
    if (sent - received <= REFILL_AT && !meter.ended) refill();
  });
  const sender = await open(() => {});
  function refill() {
    const count = IN_FLIGHT - (sent - received);
    sent += count;
    sender.send(payload, receiver.port, count);
  }
  meter.start();
  refill();
  await meter.untilEnd;
  setTimeout(() => print({ ...meter.result, lost: sent - received }), 200);
}

/** Receives, and acknowledges, until it is killed; tells its port first. */
async function receive(open) {
  const meter = new Meter(times);
  const ack = new Uint8Array(1);
  let received = 0;
  const endpoint = await open((data, from) => {
    if (data.length !== size) throw new Error(`a datagram of ${data.length} bytes`);
    if (received++ === 0) meter.start();
    if (received % ACK_EVERY !== 0) return;
    endpoint.send(ack, from, 1);
    meter.check(received);
  });
  print({ port: endpoint.port }, false);
  await meter.untilEnd;
  print(meter.result, false);
}

/** Sends to a receiver that acknowledges. */
async function send(open, port) {
  const meter = new Meter(times);
  let sent = 0;
  let acknowledged = 0;
  let stopping = false;
  const endpoint = await open(() => {
    acknowledged += ACK_EVERY;
    meter.check(acknowledged);
    if (!stopping) more(ACK_EVERY);
    else if (sent === acknowledged) print({ ...meter.result, lost: 0 });
  });
  function more(count) {
    sent += count;
    endpoint.send(payload, port, count);
  }
  meter.start();
  more(IN_FLIGHT);
  await meter.untilEnd;
  setTimeout(() => {
    stopping = true;
    setTimeout(() => print({ ...meter.result, lost: sent - acknowledged }), 200);
  }, TAIL_MS);
}

/** One datagram goes to and fro. */
async function echo(open) {
  const meter = new Meter(times);
  let trips = 0;
  const server = await open((data, from) => server.send(data, from, 1));
  const client = await open(() => {
    trips++;
    if ((trips & 31) === 0 && meter.check(trips)) print({ ...meter.result, lost: 0 });
    if (!meter.ended) client.send(payload, server.port, 1);
  });
  meter.start();
  client.send(payload, server.port, 1);
}
