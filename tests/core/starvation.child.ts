/**
 * A flood, and the process that it hits, for starvation.test.ts.
 *   flood PORT HOW  sends until its standard input ends, for half a minute at most; HOW is the option segmentation
 *   hit             prints its port, and after many messages what else has happened meanwhile; half a minute at most
 *   late            prints its port, and the number of messages heard; when a line on its standard input says that the
 *                   flood is over, how many it hears after that; half a minute at most
 */
import console from "node:console";
import process from "node:process";

const HOST = "127.0.0.1";
const MESSAGES = 5_000;
/** Deno 2.9.5 takes long for another socket's round trip under a flood, with its own node:dgram too: up to a second. */
const MOST_MESSAGES = 25_000;
/** ms that a listener takes for a message: much longer than it takes to send one, so that more is always there. */
const COST = 0.2;
const LONGEST = 30_000;

type Dgram = typeof import("@x/dgram");

async function flood(port: number, segmentation: "auto" | "off"): Promise<void> {
  const { createSocket } = await import("@x/dgram");
  const socket = createSocket({ type: "udp4", segmentation });
  const payload = new Uint8Array(64);
  let going = true;
  const stop = (): void => void (going = false);
  setTimeout(stop, LONGEST).unref();
  process.stdin.on("end", stop).resume();
  const send = (): void => {
    if (!going) return void socket.close();
    for (let i = 0; i < 64; i++) socket.send(payload, port, HOST);
    setImmediate(send);
  };
  socket.bind(0, HOST, send);
}

function takeTime(): void {
  for (const end = performance.now() + COST; performance.now() < end;);
}

function bound({ createSocket }: Dgram, listener: Parameters<Dgram["createSocket"]>[1]): ReturnType<
  Dgram["createSocket"]
> {
  const socket = createSocket("udp4", listener);
  socket.bindSync({ address: HOST });
  return socket;
}

async function hit(): Promise<void> {
  const dgram = await import("@x/dgram");
  const told = { messages: 0, turns: 0, timers: 0, promises: 0, trips: 0 };
  let going = true;
  const finish = (): void => {
    if (!going) return;
    going = false;
    // Right here: what could come first in another turn has not come under the flood.
    console.log(JSON.stringify(told));
    process.exit(0);
  };
  const target = bound(dgram, () => {
    takeTime();
    if (++told.messages === 1) begin();
    if (told.messages >= MESSAGES && told.trips > 0 || told.messages === MOST_MESSAGES) finish();
  });
  const server = bound(dgram, (message, { port, address }) => server.send(message, port, address));
  const client = bound(dgram, () => {
    told.trips++;
    ask();
  });
  const ask = (): void => client.send("?", server.address().port, HOST);

  const turn = (): void => {
    told.turns++;
    setImmediate(turn);
  };
  const tick = (): void => {
    told.timers++;
    setTimeout(tick, 1);
  };
  const chain = async (): Promise<void> => {
    for (;;) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      told.promises++;
    }
  };
  /** Counts from the first message on. */
  function begin(): void {
    setImmediate(turn);
    setTimeout(tick, 1);
    void chain();
    ask();
  }
  // Whoever started this may be gone.
  setTimeout(() => process.exit(1), LONGEST).unref();
  console.log(JSON.stringify({ port: target.address().port }));
}

async function late(): Promise<void> {
  const dgram = await import("@x/dgram");
  let [heard, waiting] = [0, 0];
  const target = bound(dgram, (message) => {
    takeTime();
    if (message.length > 1) {
      // All of it was in some buffer when the flood was over.
      if (waiting > 0) waiting++;
      else if (++heard === MESSAGES) console.log(JSON.stringify({ heard }));
    } else if (waiting > 0) {
      console.log(JSON.stringify({ late: waiting - 1 }));
      process.exit(0);
    }
  });
  process.stdin.once("data", () => {
    waiting = 1;
    const asker = bound(dgram, undefined);
    // It is lost as long as there is no room.
    setInterval(() => asker.send("?", target.address().port, HOST), 10);
  });
  setTimeout(() => process.exit(1), LONGEST).unref();
  console.log(JSON.stringify({ port: target.address().port }));
}

const [role, argument, how] = process.argv.slice(2);
if (role === "flood") void flood(Number(argument), how as "auto" | "off");
else if (role === "late") void late();
else void hit();
