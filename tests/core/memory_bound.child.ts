/**
 * Sends far more in one turn than may wait, and counts the payloads that are held. Run as: CASE LIMIT COUNT
 * COUNT, where CASE says what the datagrams wait for and LIMIT which bound is set; the second of two bursts tells
 * whether the first has left something. Prints one line of JSON.
 */
import console from "node:console";
import process from "node:process";
import {
  type Backend,
  capabilities,
  createSocket,
  type Handle,
  type Host,
  type Socket,
  type SocketOptions,
} from "@x/dgram";
import { collector } from "../support/collector.ts";

const SIZE = 1000;
const BOUND = 1000;
/** Of so many payloads one is watched: a WeakRef for each takes engines many seconds. */
const WATCHED_OF = 10;

const limits: Record<string, Partial<SocketOptions>> = {
  count: { maxSendQueueCount: BOUND },
  size: { maxSendQueueSize: BOUND * SIZE },
  none: {},
};

/** A network that has no room until it is told to. */
class FullNetwork implements Backend {
  readonly name = "full";
  readonly capabilities = capabilities;
  #room = false;
  #host: Host | undefined;

  open(_: unknown, host: Host): Handle {
    this.#host = host;
    const zero = (): number => 0;
    return {
      deferred: false,
      queueSize: 0,
      queueCount: 0,
      address: () => ({ address: "127.0.0.1", family: "IPv4", port: 4000 }),
      remoteAddress: () => ({ address: "127.0.0.1", family: "IPv4", port: 9 }),
      send: () => this.#room ? 1 : 0,
      sendBatch: (_datagrams, from, to) => this.#room ? to - from : 0,
      connect: zero,
      disconnect: zero,
      set: zero,
      get: zero,
      setMulticastInterface: zero,
      join: zero,
      leave: zero,
      ref: () => {},
      unref: () => {},
      close: (done) => done(),
    };
  }

  release(): void {
    this.#room = true;
    this.#host!.drained();
    this.#room = false;
  }
}

/** What a burst waits for, and how to let it go. */
interface Obstacle {
  readonly options: Partial<SocketOptions>;
  readonly host: string;
  release(): void;
}

const obstacles: Record<string, () => Obstacle> = {
  room: () => {
    const network = new FullNetwork();
    return { options: { backend: network }, host: "127.0.0.1", release: () => network.release() };
  },
  "a look-up": () => {
    const answers: (() => void)[] = [];
    return {
      options: {
        backend: new (class extends FullNetwork {
          override open(_: unknown, host: Host): Handle {
            return { ...super.open(_, host), send: () => 1, sendBatch: (_, from, to) => to - from };
          }
        })(),
        lookup: (name, _family, done) => {
          if (name === "slow.test") answers.push(() => done(null, "127.0.0.1"));
          else done(null, name);
        },
      },
      host: "slow.test",
      release: () => answers.splice(0).forEach((answer) => answer()),
    };
  },
};

const collect = collector();

interface Told {
  /** How many payloads are held while the burst waits, and when all that was accepted has left. */
  held: number[];
  sent: number;
  codes: Record<string, number>;
  queue: number[];
  /** Asks for the second of them. */
  heldAfter: () => Promise<number>;
}

/** Not part of the caller's frame, where an engine may see a payload for longer. */
function send(socket: Socket, host: string, count: number, told: Told, done: () => void): WeakRef<object>[] {
  const payloads: WeakRef<object>[] = [];
  let ended = 0;
  const callback = (error: (Error & { code?: string }) | null): void => {
    if (error === null) told.sent++;
    else told.codes[error.code!] = (told.codes[error.code!] ?? 0) + 1;
    if (++ended === count) done();
  };
  for (let i = 0; i < count; i++) {
    const payload = new Uint8Array(SIZE);
    if (i % WATCHED_OF === 0) payloads.push(new WeakRef(payload));
    socket.send(payload, 9, host, callback);
  }
  return payloads;
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** So often is garbage collected to find what nobody holds. */
const COLLECTIONS = 10;

async function heldOf(payloads: readonly WeakRef<object>[], expected: number): Promise<number> {
  let held = payloads.length;
  for (let i = 0; i < COLLECTIONS && held * WATCHED_OF > expected; i++) {
    // A WeakRef holds on to what it was made of until the turn is over.
    await turns(3);
    collect();
    held = payloads.filter((payload) => payload.deref() !== undefined).length;
  }
  return held * WATCHED_OF;
}

async function burst(socket: Socket, { host, release }: Obstacle, count: number): Promise<Told> {
  const told: Told = { held: [], sent: 0, codes: {}, queue: [], heldAfter: () => Promise.resolve(0) };
  let finish = (): void => {};
  const all = new Promise<void>((resolve) => finish = resolve);
  const payloads = send(socket, host, count, told, finish);
  told.held.push(await heldOf(payloads, BOUND));
  release();
  await all;
  told.heldAfter = () => heldOf(payloads, 0);
  told.queue.push(socket.getSendQueueCount(), socket.getSendQueueSize());
  return told;
}

async function main(): Promise<void> {
  const [what, limit, ...counts] = process.argv.slice(2);
  const obstacle = obstacles[what]();
  const socket = createSocket({ type: "udp4", ...obstacle.options, ...limits[limit] });
  socket.bindSync();
  const bursts: Told[] = [];
  for (const count of counts) bursts.push(await burst(socket, obstacle, Number(count)));
  // Only after the second burst: on the stack Bun 1.4.5 finds what the first has left there.
  bursts[0].held.push(await bursts[0].heldAfter());
  socket.close();
  console.log(JSON.stringify(bursts));
}

void main();
