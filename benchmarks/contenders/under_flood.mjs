// How late a timer is, and whether another socket and a promise chain go on, while one socket is flooded.
const INTERVAL_MS = 10;

const percentile = (sorted, part) => sorted[Math.floor(sorted.length * part)];
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Tells its port, waits for the flood, and answers what happened under it. Each message takes `cost` µs. */
export async function underFlood(open, times, cost, tellPort) {
  let received = 0;
  let began = Infinity;
  const target = await open(() => {
    if (received++ === 0) began = performance.now();
    if (cost > 0) { for (const end = performance.now() + cost / 1000; performance.now() < end;); }
  });
  // A second pair of sockets. One that answers itself would be enough, but Bun 1.4.5 reads a socket until it is empty.
  let heard;
  const server = await open((data, from) => server.send(data, from, 1));
  const client = await open(() => heard());

  // One round trip at a time, awaited: stands still if either the sockets or the promises do.
  let trips = 0;
  let going = true;
  const chain = (async () => {
    const ping = new Uint8Array(1);
    while (going) {
      const answer = new Promise((resolve) => heard = resolve);
      client.send(ping, server.port, 1);
      await answer;
      trips++;
    }
  })();
  tellPort(target.port);

  // The timers run from before the flood, so that one counts which fires only when that is over.
  const late = [];
  let mark;
  for (;;) {
    const due = performance.now() + INTERVAL_MS;
    await after(INTERVAL_MS);
    const now = performance.now();
    if (now < began + times.warmUp) continue;
    late.push(now - due);
    mark ??= { now, received, trips };
    if (now >= began + times.warmUp + times.measure) break;
  }
  going = false;
  // From the flood's first message, if the first timer came when all was over.
  const since = late.length > 1 ? mark : { now: began, received: 0, trips: 0 };
  const result = {
    timers: late.length,
    trips: trips - since.trips,
    received: received - since.received,
    seconds: (performance.now() - since.now) / 1000,
  };
  await Promise.race([chain, after(1000)]);
  late.sort((a, b) => a - b);
  return { ...result, p50: percentile(late, 0.5), p99: percentile(late, 0.99), max: late.at(-1) };
}
