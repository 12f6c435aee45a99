// Bytes in datagrams of one size: sent one by one, or in rows that the kernel cuts and joins again. A connected socket's
// leave in the call of send(), as on Node: only those with an address make rows by themselves. Run as:
// PROGRAM pair|receive|send SIZE WARM_UP_MS MEASURE_MS single|plain|segmented|pooled [PORT]
import process from "node:process";
import { Meter } from "./meter.mjs";

/** In datagrams: what is in flight at most, and what is sent and acknowledged at once. */
const ROWS = { inFlight: 184, unit: 46 };
const WINDOWS = { single: { inFlight: 64, unit: 16 }, plain: ROWS, segmented: ROWS, pooled: ROWS };
/** Enough for what is in flight, whether it is joined or not. */
const RECEIVE_BUFFER = 1 << 20;
/** How long a sender goes on after its own measurement, so that the receiver's ends under load too. */
const TAIL_MS = 100;

const [work, sizeText, warmUp, measure, mode, portText] = process.argv.slice(2);
const size = Number(sizeText);
const times = { warmUp: Number(warmUp), measure: Number(measure) };
const { inFlight, unit } = WINDOWS[mode];
const isSegmented = mode === "segmented" || mode === "pooled";
const isConnected = mode !== "plain";
const segmentation = mode === "single" ? "off" : "auto";
const pooledMessages = mode === "pooled";
const payload = new Uint8Array(isSegmented ? unit * size : size).fill(7);
const { createSocket, capabilities } = await import(process.env.DGRAM_BENCH_PACKAGE);

function print(result, exit = true) {
  process.stdout.write(`${JSON.stringify(result)}\n`, () => exit && process.exit(0));
}

function open(onMessage, receiveOffload = false) {
  const recvBufferSize = RECEIVE_BUFFER;
  const socket = createSocket({ type: "udp4", receiveOffload, pooledMessages, segmentation, recvBufferSize });
  socket.on("message", onMessage);
  socket.bindSync({ address: "127.0.0.1" });
  return socket;
}

const openReceiver = (onMessage) => open(onMessage, isSegmented);

/** Sends so many units to the peer, which the socket is connected to unless it is `plain`. */
function send(socket, units, port) {
  if (isSegmented) {
    const messages = [];
    for (let i = 0; i < units; i++) messages.push({ data: payload, segmentSize: size });
    socket.sendMany(messages);
  } else if (isConnected) {
    for (let i = 0; i < units * unit; i++) socket.send(payload);
  } else {
    for (let i = 0; i < units * unit; i++) socket.send(payload, port, "127.0.0.1");
  }
}

function pair() {
  const meter = new Meter(times);
  let sent = 0;
  let received = 0;
  const receiver = openReceiver((data) => {
    if (data.length !== size) throw new Error(`a datagram of ${data.length} bytes`);
    received++;
    if (received % unit === 0 && meter.check(received) && sent === received) print({ ...meter.result, lost: 0 });
    if (sent - received <= inFlight / 2 && !meter.ended) refill();
  });
  const sender = open(() => {});
  const { port } = receiver.address();
  if (isConnected) sender.connectSync(port, "127.0.0.1");
  function refill() {
    const units = Math.floor((inFlight - (sent - received)) / unit);
    sent += units * unit;
    send(sender, units, port);
  }
  meter.start();
  refill();
  meter.untilEnd.then(() => setTimeout(() => print({ ...meter.result, lost: sent - received }), 200));
}

function receiveAll() {
  const meter = new Meter(times);
  const ack = new Uint8Array(1);
  let received = 0;
  const socket = openReceiver((data, from) => {
    if (data.length !== size) throw new Error(`a datagram of ${data.length} bytes`);
    if (received++ === 0) meter.start();
    if (received % unit !== 0) return;
    socket.send(ack, from.port, "127.0.0.1");
    meter.check(received);
  });
  print({ port: socket.address().port }, false);
  meter.untilEnd.then(() => print(meter.result, false));
}

function sendAll(port) {
  const meter = new Meter(times);
  let sent = 0;
  let acknowledged = 0;
  let stopping = false;
  const socket = open(() => {
    acknowledged += unit;
    meter.check(acknowledged);
    if (!stopping) more(1);
    else if (sent === acknowledged) print({ ...meter.result, lost: 0 });
  });
  if (isConnected) socket.connectSync(port, "127.0.0.1");
  function more(units) {
    sent += units * unit;
    send(socket, units, port);
  }
  meter.start();
  more(inFlight / unit);
  meter.untilEnd.then(() =>
    setTimeout(() => {
      stopping = true;
      setTimeout(() => print({ ...meter.result, lost: sent - acknowledged }), 200);
    }, TAIL_MS)
  );
}

setTimeout(() => print({ stalled: true }), times.warmUp + times.measure + 4000);
if (capabilities.features.sendOffload !== "native") print({ skipped: true });
else if (work === "pair") pair();
else if (work === "receive") receiveAll();
else sendAll(Number(portText));
