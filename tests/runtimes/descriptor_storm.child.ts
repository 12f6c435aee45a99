/**
 * For descriptors.test.ts: threads that open and close sockets and files without pause, and set options on the sockets
 * meanwhile. Now and then all stand still, and the kernel tells what each socket of the process has.
 */
import { capabilities, createSocket, type Socket } from "@x/dgram";
import { createSocket as createPlain, type Socket as PlainSocket } from "node:dgram";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createServer, type Server } from "node:net";
import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { askKernel, finish } from "../network/ask_kernel.ts";

const HOST = "127.0.0.1";
const THREADS = 3;
const PAUSES = 4;
const STEPS = 250;
/** As many of each kind does a thread keep open. */
const KEPT = { sockets: 60, plain: 15, servers: 15, files: 30 } as const;

type Options = Record<string, unknown>;

/** Other ways to open a socket, which adapters may do otherwise. */
const WAYS: readonly {
  readonly reuseAddr?: boolean;
  readonly reusePort?: boolean;
  readonly recvBufferSize?: number;
}[] = [
  { reuseAddr: true },
  ...(capabilities.features.reusePort === "unavailable" ? [] : [{ reusePort: true }]),
  ...(capabilities.features.recvBufferSize !== "native" ? [] : [{ recvBufferSize: 8192 }]),
];

/** A socket of ours and what it was told to be. */
interface Told {
  readonly family: 4 | 6;
  readonly port: number;
  readonly options: Options;
}

interface Own extends Told {
  readonly socket: Socket;
}

interface Seen extends Options {
  readonly kind: "udp" | "tcp";
  readonly family: 4 | 6;
  readonly name: [string, number];
}

/** One thread's opening and closing. */
class Churn {
  readonly #own: Own[] = [];
  readonly #plain: PlainSocket[] = [];
  readonly #servers: Server[] = [];
  readonly #files: number[] = [];
  readonly #closing: Promise<unknown>[] = [];
  #count: number;
  #random: number;

  constructor(seed: number) {
    this.#random = seed * 7919;
    this.#count = seed;
  }

  /** Goes on for some time; answers what is open of ours when all that was begun has ended. */
  async go(): Promise<Told[]> {
    for (let step = 0; step < STEPS; step++) {
      await this.#step();
      // Lets what was begun come to its end.
      if (step % 10 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await Promise.all(this.#closing.splice(0));
    return this.#own.map(({ family, port, options }) => ({ family, port, options }));
  }

  async end(): Promise<void> {
    for (const kept of [this.#own, this.#plain, this.#servers, this.#files]) {
      while (kept.length > 0) this.#close(kept);
    }
    await Promise.all(this.#closing);
  }

  async #step(): Promise<void> {
    switch (this.#draw(8)) {
      case 0:
        return void this.#keep(this.#files, KEPT.files, openSync(process.execPath, "r"));
      case 1: {
        const plain = createPlain("udp4");
        plain.bind(0, HOST);
        await once(plain, "listening");
        return this.#keep(this.#plain, KEPT.plain, plain);
      }
      case 2: {
        const server = createServer().listen(0, HOST);
        await once(server, "listening");
        return this.#keep(this.#servers, KEPT.servers, server);
      }
      case 3:
      case 4:
        if (this.#own.length > 0) this.#setOne(this.#own[this.#draw(this.#own.length)]);
        return;
      default:
        return this.#keep(this.#own, KEPT.sockets, this.#open());
    }
  }

  #open(): Own {
    const family = this.#draw(4) === 0 ? 6 : 4;
    const ways: (typeof WAYS[number] & { ipv6Only?: boolean })[] = [
      {},
      {},
      ...WAYS,
      ...(family === 6 ? [{ ipv6Only: true }] : []),
    ];
    const way = ways[this.#draw(ways.length)];
    const socket = createSocket({ type: `udp${family}`, ...way });
    socket.bindSync({ address: family === 4 ? HOST : "::1" });
    const options: Options = way.recvBufferSize ? { recvBufferSize: 2 * way.recvBufferSize } : {};
    const own = { socket, family, port: socket.address().port, options } as const;
    this.#setOne(own);
    this.#setOne(own);
    return own;
  }

  /** Sets one option or another to a value that no other socket is likely to have. */
  #setOne({ socket, options }: Own): void {
    const n = ++this.#count;
    const changes: [string, number, () => unknown][] = [
      ["ttl", 65 + n % 190, () => socket.setTTL(65 + n % 190)],
      ["multicastTTL", 2 + n % 250, () => socket.setMulticastTTL(2 + n % 250)],
      ["broadcast", n % 2, () => socket.setBroadcast(n % 2 === 1)],
      ["multicastLoopback", n % 2, () => socket.setMulticastLoopback(n % 2 === 1)],
      ["recvBufferSize", 2 * (3000 + n), () => socket.setRecvBufferSize(3000 + n)],
      ["sendBufferSize", 2 * (5000 + n), () => socket.setSendBufferSize(5000 + n)],
    ];
    const [name, value, change] = changes[this.#draw(changes.length)];
    try {
      change();
      // A size may be taken and not set.
      const isSize = name === "recvBufferSize" || name === "sendBufferSize";
      if (!isSize || capabilities.features[name] === "native") options[name] = value;
    } catch (error) {
      if ((error as { code?: string }).code !== "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM") throw error;
    }
  }

  #keep<T extends Own | PlainSocket | Server | number>(kept: T[], limit: number, value: T): void {
    kept.push(value);
    if (kept.length > limit) this.#close(kept);
  }

  #close(kept: (Own | PlainSocket | Server | number)[]): void {
    const [value] = kept.splice(this.#draw(kept.length), 1);
    if (typeof value === "number") return closeSync(value);
    const closable = "options" in value ? value.socket : value;
    this.#closing.push(once(closable as Socket, "close"));
    closable.close();
  }

  #draw(below: number): number {
    this.#random = (this.#random * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor(this.#random / 65_536) % below;
  }
}

/** How the kernel's view differs from what was told; each line is a defect. */
function compare(told: readonly Told[], seen: readonly Seen[], defaults: Readonly<Record<string, Options>>): string[] {
  const wrong: string[] = [];
  const left = new Set(told);
  for (const { kind, family, name: [, port], ...options } of seen) {
    const differences = (changed: Options): string[] =>
      Object.entries({ ...defaults[`${kind}${family}`], ...changed })
        .filter(([option, value]) => options[option] !== value)
        .map(([option, value]) => `${kind}${family} ${port}: ${option} is ${options[option]} and not ${value}`);
    // Sockets with reuseAddr or reusePort may have been given the same port.
    const owners = [...left].filter((each) => kind === "udp" && each.family === family && each.port === port);
    const owner = owners.find((each) => differences(each.options).length === 0) ?? owners[0];
    if (owner) left.delete(owner);
    wrong.push(...differences(owner ? owner.options : {}));
  }
  return [...wrong, ...[...left].map(({ family, port }) => `udp${family} ${port}: not found`)];
}

async function lead(): Promise<unknown> {
  const threads = Array.from({ length: THREADS }, (_, n) => new Worker(process.argv[1], { workerData: n + 1 }));
  const next = (thread: Worker): Promise<Told[]> => once(thread, "message").then(([told]) => told);
  const churn = new Churn(THREADS + 1);
  const defaults = await askKernel<Record<string, Options>>("defaults");
  const wrong: string[] = [];
  let looked = 0;
  let changed = 0;
  for (let pause = 0; pause < PAUSES; pause++) {
    const all = threads.map(next);
    for (const thread of threads) thread.postMessage("go");
    const told = (await Promise.all([churn.go(), ...all])).flat();
    const seen = await askKernel<Seen[]>("survey");
    wrong.push(...compare(told, seen, defaults));
    looked += seen.length;
    changed += told.filter(({ options }) => Object.keys(options).length > 0).length;
  }
  const ended = threads.map((thread) => once(thread, "message"));
  for (const thread of threads) thread.postMessage("end");
  await Promise.all([churn.end(), ...ended]);
  await Promise.all(threads.map((thread) => thread.terminate()));
  return { wrong, looked, changed };
}

function work(seed: number): void {
  const churn = new Churn(seed);
  parentPort!.on("message", async (order: string) => {
    parentPort!.postMessage(order === "go" ? await churn.go() : await churn.end());
  });
}

if (isMainThread) void finish(lead);
else work(workerData as number);
