/**
 * A soak: numbered streams of datagrams at a share of what this runtime was measured to do, while sockets are opened,
 * closed, paused and connected anew, and threads are terminated. Then sockets are opened and closed, and then another
 * process sends more than can be read. The argument is the plan, as JSON. Prints lines of JSON: `limit`, `sample`s,
 * `flood`, `end`.
 */
import console from "node:console";
import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { capabilities, createSocket } from "@x/dgram";
import { observe } from "@x/dgram/observe";
import { collector } from "../support/collector.ts";
import { descriptorCount, dropsAt, notLinux } from "../support/proc.ts";
import { startPeer } from "../support/python.ts";
import { Counter, datagram, HOST, Stream } from "./stream.ts";

interface Plan {
  readonly seconds: number;
  /** How many are opened and closed in the end. */
  readonly sockets: number;
  /** How long the limit is measured. */
  readonly limitSeconds: number;
  /** Milliseconds between two samples. */
  readonly every: number;
  /** How many datagrams are sent over the limit. */
  readonly flood: number;
  /** Of what was measured as the limit. */
  readonly share?: number;
}

/** What became of datagrams that came faster than they could be read. */
interface Flood {
  readonly sent: number;
  readonly received: number;
  readonly dropped: number;
  readonly unaccounted: number;
  /** Milliseconds that a timer of 10 ms was late, but for one in a hundred. */
  readonly late: number;
  /** Bytes by which the process grew. */
  readonly grown: number;
}

const LEAST_STREAMS = 3;
const MOST_STREAMS = 8;
/** Milliseconds between two events, and of one pause. */
const EVENT = 150;
const PAUSE = 60;
/** Each cause has its turn so often, however slow the machine is. */
const LEAST_EVENTS = 10;
/** Fewer than a receive buffer holds. */
const OF_THREAD = 150;
/** Milliseconds between two turns of sending. */
const TICK = 4;
/** Milliseconds of the timer whose lateness is measured. */
const TIMER = 10;

const wait = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

function print(value: object): void {
  console.log(JSON.stringify(value));
}

/** A thread: sends numbered datagrams, and goes on until it is terminated. */
function sendFromThread(port: number): void {
  const socket = createSocket("udp4");
  socket.bind(0, HOST, () => {
    let left = OF_THREAD;
    const sent = (): void => {
      if (--left === 0) parentPort!.postMessage("sent");
    };
    for (let i = 0; i < OF_THREAD; i++) socket.send(datagram(0, i), port, HOST, sent);
  });
}

class Soak {
  readonly streams: Stream[] = Array.from({ length: LEAST_STREAMS }, () => new Stream());
  readonly totals = { sent: 0, received: 0, disordered: 0 };
  readonly events = { opened: 0, closed: 0, paused: 0, connected: 0, terminated: 0, ofThreads: 0, churned: 0 };
  readonly #plan: Plan;
  readonly #collect = collector();
  #event = 0;
  /** What has begun and not ended. */
  readonly #pending = new Set<Promise<void>>();
  #thread: Promise<void> | undefined;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  async run(): Promise<void> {
    const { limitSeconds, seconds, share = 0.5 } = this.#plan;
    const limit = await this.#measureLimit(limitSeconds);
    print({ limit: Math.round(limit), runtime: capabilities.runtime, backend: capabilities.backend });
    const started = performance.now();
    let last = started;
    let nextEvent = started;
    let nextSample = started + this.#plan.every;
    let credit = 0;
    const atFirst = this.#sample(0);
    let now = started;
    for (; now - started < seconds * 1000 || this.#event < LEAST_EVENTS; now = performance.now()) {
      credit = Math.min(credit + (now - last) / 1000 * limit * share, limit * share / 10);
      last = now;
      credit -= this.#send(credit);
      if (now >= nextEvent) {
        nextEvent = now + EVENT;
        this.#cause();
      }
      if (now >= nextSample) {
        nextSample += this.#plan.every;
        this.#sample((now - started) / 1000);
      }
      await wait(TICK);
    }
    await Promise.all(this.#pending);
    await this.#churn(this.#plan.sockets);
    for (const stream of this.streams.splice(0)) await this.#endOf(stream);
    if (this.#plan.flood > 0) await this.#flood(this.#plan.flood);
    // A thread that was terminated closes its own a while later.
    let open = descriptors();
    for (let left = 1000; left > 0 && open > atFirst; left--) {
      await wait(10);
      open = descriptors();
    }
    this.#sample((performance.now() - started) / 1000, true);
    const { sent, received, disordered } = this.totals;
    print({ end: { sent, lost: sent - received, disordered, ...this.events, descriptors: open } });
  }

  #send(most: number): number {
    let sent = 0;
    for (const stream of this.streams) sent += stream.send(Math.floor((most - sent) / 2));
    return sent;
  }

  /** Datagrams a second, where each turn sends what may be on its way. */
  async #measureLimit(seconds: number): Promise<number> {
    const received = (): number => this.streams.reduce((sum, stream) => sum + stream.received, 0);
    const started = performance.now();
    while (performance.now() - started < seconds * 1000) {
      this.#send(Infinity);
      await new Promise((done) => setImmediate(done));
    }
    return received() / (performance.now() - started) * 1000;
  }

  #cause(): void {
    const stream = this.streams[this.#event % this.streams.length];
    const causes = [this.#open, this.#pause, this.#reconnect, this.#close, this.#terminate];
    const cause = causes[this.#event++ % causes.length];
    const done = cause.call(this, stream);
    this.#pending.add(done);
    void done.finally(() => this.#pending.delete(done));
  }

  async #open(): Promise<void> {
    if (this.streams.length >= MOST_STREAMS) await this.#close();
    this.streams.push(new Stream());
    this.events.opened++;
  }

  async #close(): Promise<void> {
    if (this.streams.length <= LEAST_STREAMS) return;
    await this.#endOf(this.streams.shift()!);
    this.events.closed++;
  }

  async #endOf(stream: Stream): Promise<void> {
    await stream.end();
    this.totals.sent += stream.sent;
    this.totals.received += stream.received;
    this.totals.disordered += stream.disordered;
  }

  async #pause(stream: Stream): Promise<void> {
    if (capabilities.features.pause === "unavailable" || stream.isResting) return;
    stream.receiver.pause();
    this.events.paused++;
    await wait(PAUSE);
    // It may be closing.
    if (this.streams.includes(stream)) stream.receiver.resume();
  }

  async #reconnect(stream: Stream): Promise<void> {
    if (capabilities.features.connect === "unavailable" || stream.isResting) return;
    await stream.reconnect();
    this.events.connected++;
  }

  /** One thread at a time; what it has sent comes in order, also after its end. */
  #terminate(): Promise<void> {
    this.#thread ??= this.#playThread().finally(() => this.#thread = undefined);
    return this.#thread;
  }

  async #playThread(): Promise<void> {
    const counter = new Counter();
    const socket = createSocket("udp4", (message) => counter.take(message));
    socket.bindSync({ address: HOST });
    const heard = new Promise((done) => socket.once("message", done));
    const worker = new Worker(process.argv[1], { workerData: socket.address().port });
    await new Promise((done, fail) => worker.once("message", done).once("error", fail));
    await worker.terminate();
    // What has been sent comes, however busy the machine is.
    await heard;
    await wait(PAUSE);
    await new Promise<void>((done) => void socket.close(done));
    this.events.terminated++;
    this.events.ofThreads += counter.received;
    this.totals.disordered += counter.disordered;
  }

  /** Opens sockets, of which each hears itself, and closes them. */
  async #churn(count: number): Promise<void> {
    while (this.events.churned < count) {
      await Promise.all(Array.from({ length: 50 }, () =>
        new Promise<void>((done) => {
          const socket = createSocket("udp4", () => socket.close(done));
          socket.bindSync({ address: HOST });
          socket.send("x", socket.address().port, HOST);
        })));
      this.events.churned += 50;
    }
  }

  /**
   * What comes faster than it is read: all that was sent is received, or counted as dropped, and timers have their turn.
   * How late they are where nothing is read tells what of it is the machine's.
   */
  async #flood(count: number): Promise<void> {
    const idle = capabilities.features.pause === "unavailable" ? undefined : await this.#floodOne(count, true);
    const { late, ...flood } = await this.#floodOne(count, false);
    print({ flood: { ...flood, late, idle: idle?.late } });
  }

  async #floodOne(count: number, isPaused: boolean): Promise<Flood> {
    const socket = createSocket("udp4");
    const observation = observe(socket);
    socket.on("message", () => {});
    const { port } = socket.bindSync({ address: HOST });
    if (isPaused) socket.pause();
    const late: number[] = [];
    const before = process.memoryUsage.rss();
    let most = before;
    let due = performance.now() + TIMER;
    const timer = setInterval(() => {
      const now = performance.now();
      late.push(Math.max(0, now - due));
      due = now + TIMER;
      most = Math.max(most, process.memoryUsage.rss());
    }, TIMER);
    const peer = startPeer("flood", [], { timeout: 600_000 });
    peer.send({ port, count, size: 100 });
    const { sent } = await peer.next<{ sent: number }>();
    peer.end();
    const received = (): number => observation.read().received.datagrams + (observation.read().received.lost ?? 0);
    for (let last = -1; last !== received();) {
      last = received();
      await wait(300);
    }
    clearInterval(timer);
    late.sort((a, b) => a - b);
    const dropped = observation.read().kernel.dropped ?? dropsAt({ address: HOST, port });
    await new Promise<void>((done) => void socket.close(done));
    return {
      sent,
      received: received(),
      dropped,
      unaccounted: sent - received() - dropped,
      late: Number(late[Math.floor(late.length * 0.99)].toFixed(1)),
      grown: most - before,
    };
  }

  /** How many descriptors are open. */
  #sample(at: number, last = false): number {
    this.#collect();
    const { rss, heapUsed } = process.memoryUsage();
    const open = descriptors();
    print({ sample: { at: Number(at.toFixed(2)), rss, heap: heapUsed, descriptors: open, last } });
    return open;
  }
}

const descriptors = (): number => notLinux ? 0 : descriptorCount();

if (isMainThread) void new Soak(JSON.parse(process.argv[2]) as Plan).run();
else sendFromThread(workerData as number);
