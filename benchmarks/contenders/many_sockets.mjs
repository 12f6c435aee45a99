// The work of peers/many.c: what a datagram costs with many open sockets, and in batches to many peers.
import { Meter } from "./meter.mjs";

/** A socket's share before it is the next one's turn; two are in flight. As many leave together as with one socket. */
const BURST = 32;
const BATCH = 64;
const BATCHES_IN_FLIGHT = 2;
/** Of each phase but the first, in which the runtime is cold. */
const LATER_WARM_UP_MS = 100;

/** Measures once for each count, in one process and in that order. */
async function measurePhases(counts, times, measure) {
  const phases = [];
  let lost = 0;
  for (const [i, count] of counts.entries()) {
    const meter = new Meter(i === 0 ? times : { ...times, warmUp: LATER_WARM_UP_MS });
    lost += await measure(count, meter);
    phases.push({ count, ...meter.result });
  }
  return { phases, lost };
}

/** Answers after a moment what was lost, unless the last datagram arrives before. */
function lossAfter(missing) {
  return new Promise((resolve) => setTimeout(() => resolve(missing()), 1000));
}

/** Each of `count` sockets in turn sends a burst to the next, and so on. One alone sends to itself. */
export async function manySockets(open, payload, times, counts) {
  const endpoints = [];
  let onMessage;
  return await measurePhases(counts, times, async (count, meter) => {
    await Promise.all(endpoints.splice(count).map((endpoint) => endpoint.close()));
    while (endpoints.length < count) endpoints.push(await open(() => onMessage()));
    let at = 0;
    let sent = 0;
    let received = 0;
    const sendBurst = () => {
      const from = endpoints[at];
      at = (at + 1) % count;
      sent += BURST;
      from.send(payload, endpoints[at].port, BURST);
    };
    const drained = new Promise((resolve) => {
      onMessage = () => {
        received++;
        if ((received & (BURST - 1)) === 0) meter.check(received);
        if (!meter.ended) {
          if (sent - received <= BURST) sendBurst();
        } else if (sent === received) {
          resolve(0);
        }
      };
    });
    meter.start();
    sendBurst();
    sendBurst();
    await meter.untilEnd;
    return await Promise.race([drained, lossAfter(() => sent - received)]);
  });
}

/** Sends batches to a C program, each to the first `count` of its ports in turn; it acknowledges each batch. */
export async function manyPeers(open, payload, times, ports, counts) {
  let onAck;
  const endpoint = await open(() => onAck());
  return await measurePhases(counts, times, async (count, meter) => {
    const peers = ports.slice(0, count);
    let sent = 0;
    let acknowledged = 0;
    const sendBatch = () => {
      sent += BATCH;
      endpoint.sendEach(payload, peers, BATCH);
    };
    const drained = new Promise((resolve) => {
      onAck = () => {
        acknowledged += BATCH;
        meter.check(acknowledged);
        if (!meter.ended) sendBatch();
        else if (sent === acknowledged) resolve(0);
      };
    });
    meter.start();
    for (let i = 0; i < BATCHES_IN_FLIGHT; i++) sendBatch();
    await meter.untilEnd;
    return await Promise.race([drained, lossAfter(() => sent - acknowledged)]);
  });
}
