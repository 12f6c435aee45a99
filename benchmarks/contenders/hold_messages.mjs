import process from "node:process";

const MESSAGES = 10_000;

/** Receives ten thousand messages, keeps them all, and answers how much memory that pins. */
export async function holdMessages(open, payload, inFlight, refillAt) {
  const held = [];
  let sent = 0;
  let done;
  const all = new Promise((resolve) => done = resolve);
  const receiver = await open((data) => {
    held.push(data);
    if (held.length === MESSAGES) done();
    else if (sent - held.length <= refillAt) refill();
  });
  const sender = await open(() => {});
  function refill() {
    const count = Math.min(inFlight - (sent - held.length), MESSAGES - sent);
    sent += count;
    if (count > 0) sender.send(payload, receiver.port, count);
  }
  const before = await settledRss();
  refill();
  await Promise.race([all, new Promise((resolve) => setTimeout(resolve, 4000))]);
  const after = await settledRss();
  // What one message keeps alive is the whole ArrayBuffer that it is a view of.
  let pinned = 0;
  for (const buffer of new Set(held.map((data) => data.buffer))) pinned += buffer.byteLength;
  return { pinned, rss: after - before, lost: MESSAGES - held.length };
}

async function settledRss() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    globalThis.Bun?.gc(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().rss;
}
