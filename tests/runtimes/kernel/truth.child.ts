/** Cases of truth.test.ts: the arguments are their names as JSON, the IP version, and descriptors to adopt. */
import { capabilities, createSocket, type Socket } from "@x/dgram";
import { once } from "node:events";
import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { askKernel, finish } from "../../network/ask_kernel.ts";
import { within } from "../../support/within.ts";

interface Line {
  readonly state: string;
  readonly local: string;
  readonly peer: string;
  readonly recvBufferSize: number;
  readonly sendBufferSize: number;
  readonly flags: string[];
}

const family = process.argv[3] === "6" ? 6 : 4;
const type = `udp${family}` as const;
const LOOPBACK = family === 4 ? "127.0.0.1" : "::1";
const INTERFACE = family === 4 ? "127.0.0.1" : "::1%lo";
/** Others may be testing on this machine at the same time. */
const unique = process.pid % 65_000 + 1;

function bound(options: object = {}, bind: object = { address: LOOPBACK }): Socket {
  const socket = createSocket({ type, ...options });
  socket.bindSync(bind);
  return socket;
}

/** What ss says of the sockets at this one's address and port: others may have the port on other addresses. */
async function linesOf(socket: Socket): Promise<Line[]> {
  const { address, port } = socket.address();
  const local = family === 4 ? `${address}:${port}` : `[${address}]:${port}`;
  return (await askKernel<Line[]>("statistics", { port })).filter((line) => line.local === local);
}

/** What it says of one that has its end for itself. */
async function statistics(socket: Socket): Promise<Line> {
  const lines = await linesOf(socket);
  if (lines.length !== 1) throw new Error(`${lines.length} sockets have that port`);
  return lines[0];
}

async function close(...sockets: Socket[]): Promise<void> {
  const closed = sockets.map((socket) => once(socket, "close"));
  for (const socket of sockets) socket.close();
  await Promise.all(closed);
}

/** A port that was asked for stays when a connection ends. */
function onPort(): Socket {
  const other = bound();
  const { port } = other.address();
  other.close();
  return bound({}, { address: LOOPBACK, port });
}

const descriptors = (process.argv[4] ?? "").split(",").map(Number);

/** A socket of whose descriptor the kernel's own process has another. */
function adopted(options: object = {}): { socket: Socket; descriptor: number } {
  const descriptor = descriptors.pop()!;
  const socket = createSocket({ type, ...options });
  socket.bind({ fd: descriptor });
  return { socket, descriptor };
}

/** Sets the options of a socket that the kernel's own process shares, and asks there. */
async function setShared(socket: Socket, descriptor: number): Promise<unknown[]> {
  const through = family === 4 ? "127.0.0.1" : "lo";
  const settings: [string, unknown, () => unknown][] = [
    ["ttl", 91, () => socket.setTTL(91)],
    ["multicastTTL", 92, () => socket.setMulticastTTL(92)],
    ["multicastTTL", 0, () => socket.setMulticastTTL(0)],
    ["multicastLoopback", 0, () => socket.setMulticastLoopback(false)],
    ["multicastLoopback", 1, () => socket.setMulticastLoopback(true)],
    ["broadcast", 1, () => socket.setBroadcast(true)],
    ["broadcast", 0, () => socket.setBroadcast(false)],
    ["multicastInterface", through, () => socket.setMulticastInterface(INTERFACE)],
    ["recvBufferSize", 24_000, () => socket.setRecvBufferSize(12_000)],
    ["sendBufferSize", 26_000, () => socket.setSendBufferSize(13_000)],
  ];
  const seen: unknown[] = [];
  const { recvBufferSize, sendBufferSize } = capabilities.features;
  const ignored: Record<string, boolean> = {
    recvBufferSize: recvBufferSize !== "native",
    sendBufferSize: sendBufferSize !== "native",
  };
  for (const [name, value, set] of settings) {
    if (ignored[name]) continue;
    try {
      set();
    } catch (error) {
      if ((error as { code?: string }).code !== "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM") throw error;
      seen.push([name, "unavailable", "unavailable"]);
      continue;
    }
    seen.push([name, value, (await askKernel<Record<string, unknown>>("options", { descriptor }))[name]]);
  }
  return seen;
}

const cases: Record<string, () => Promise<unknown>> = {
  async "buffer sizes"() {
    const socket = bound({ recvBufferSize: 30_000, sendBufferSize: 40_000 });
    const sizes: unknown[] = [];
    const look = async (): Promise<void> => {
      const { recvBufferSize, sendBufferSize } = await statistics(socket);
      sizes.push([recvBufferSize, sendBufferSize], [socket.getRecvBufferSize(), socket.getSendBufferSize()]);
    };
    await look();
    socket.setRecvBufferSize(50_000);
    socket.setSendBufferSize(60_000);
    await look();
    const limits = [
      await askKernel<number>("limit", { name: "rmem_max" }),
      await askKernel<number>("limit", { name: "wmem_max" }),
    ];
    socket.setRecvBufferSize(limits[0] + 100_000);
    socket.setSendBufferSize(limits[1] + 100_000);
    await look();
    await close(socket);
    return { sizes, limits };
  },

  async "a pair"() {
    const [a, b] = [onPort(), onPort()];
    const ports = [a.address().port, b.address().port];
    a.connectSync(ports[1], LOOPBACK);
    b.connectSync(ports[0], LOOPBACK);
    const connected = [await statistics(a), await statistics(b)];
    a.disconnect();
    const disconnected = [await statistics(a), await statistics(b)];
    const brief = ({ state, local, peer }: Line): string[] => [state, local, peer];
    await close(a, b);
    return { ports, connected: connected.map(brief), disconnected: disconnected.map(brief) };
  },

  async "flags"() {
    const socket = bound();
    const flags = [(await statistics(socket)).flags];
    socket.setMulticastLoopback(false);
    flags.push((await statistics(socket)).flags);
    await close(socket);
    return flags;
  },

  /** The rows of this case's group. */
  async "sources"() {
    const group = family === 4 ? `232.251.${unique >> 8}.${unique & 255}` : `ff32::77:${unique.toString(16)}`;
    const sources = family === 4 ? ["127.0.0.1", "127.0.0.2"] : ["::1", "fd77::2"];
    const [a, b] = [bound(), bound()];
    const seen: unknown[] = [];
    const look = async (): Promise<void> => {
      const rows = await askKernel<{ group: string; source: string }[]>("filters");
      const users = (await askKernel<Record<string, number>>("groups"))[group] ?? 0;
      const own = rows.filter((row) => row.group === group).map(({ group: _, ...row }) => row);
      seen.push({ users, rows: own.sort((x, y) => x.source < y.source ? -1 : 1) });
    };
    a.addSourceSpecificMembership(sources[0], group, INTERFACE);
    await look();
    a.addSourceSpecificMembership(sources[1], group, INTERFACE);
    b.addSourceSpecificMembership(sources[1], group, INTERFACE);
    await look();
    a.dropSourceSpecificMembership(sources[0], group, INTERFACE);
    await look();
    await close(a);
    await look();
    await close(b);
    await look();
    return { sources, seen };
  },

  async "a shared descriptor's options"() {
    const { socket, descriptor } = adopted();
    const seen = await setShared(socket, descriptor);
    await close(socket);
    return seen;
  },

  async "a shared descriptor's offload"() {
    const { socket, descriptor } = adopted({ receiveOffload: true });
    const { receiveOffload } = await askKernel<{ receiveOffload: number }>("options", { descriptor });
    await close(socket);
    return receiveOffload;
  },

  async "a shared descriptor's ends"() {
    const { socket, descriptor } = adopted();
    const peer = bound();
    const [own, other] = [socket.address(), peer.address()];
    const ends = (): Promise<{ name: unknown; peer: unknown }> => askKernel("options", { descriptor });
    const seen = [await ends()];
    socket.connectSync(other.port, other.address);
    seen.push(await ends());
    socket.disconnect();
    seen.push(await ends());
    await close(socket, peer);
    return { own, other, seen: seen.map(({ name, peer }) => [name, peer]) };
  },

  /** The socket outlives the one that had adopted it. */
  async "a shared descriptor's datagrams"() {
    const { socket, descriptor } = adopted();
    const { port } = socket.address();
    const name = (await askKernel<{ name: [string, number] }>("options", { descriptor })).name;
    const arrived = once(socket, "message");
    const ports = await askKernel<number[]>("send", { address: LOOPBACK, port, texts: ["to the adopted"] });
    const [message, from] = await arrived;
    const answered = createSocket(type);
    answered.bindSync({ address: LOOPBACK });
    const answer = once(answered, "message");
    socket.send("from the adopted", answered.address().port, LOOPBACK);
    const sender = (await answer)[1];
    await close(socket);
    answered.send("to who is left", port, LOOPBACK);
    const left = await askKernel("receive", { descriptor });
    const answeredPort = answered.address().port;
    await close(answered);
    return {
      ports: [port, name[1], sender.port],
      heard: [String(message), from.port === ports[0]],
      left,
      answeredPort,
    };
  },

  async "a stranger"() {
    const [socket, peer] = [bound(), bound()];
    const { port } = socket.address();
    const heard: string[] = [];
    socket.on("message", (message) => heard.push(String(message)));
    socket.connectSync(peer.address().port, LOOPBACK);
    const connected = await askKernel("refusal", { address: LOOPBACK, port, patience: 10_000 });
    const arrived = once(socket, "message");
    peer.send("from the peer", port, LOOPBACK);
    await arrived;
    await close(socket, peer);
    return { connected, heard };
  },

  /** Three threads with a socket each, on one port. */
  async "one port for all"() {
    const first = bound({ reusePort: true });
    const { port } = first.address();
    const threads = [1, 2].map(() => new Worker(process.argv[1], { argv: process.argv.slice(2), workerData: port }));
    await Promise.all(threads.map((thread) => once(thread, "message")));
    const lines = await linesOf(first);
    const texts = Array.from({ length: 120 }, (_, n) => `${n}`);
    const heard: string[][] = [[], [], []];
    const all = new Promise<void>((resolve) => {
      const add = (thread: number, text: string): void => {
        heard[thread].push(text);
        if (heard.flat().length === texts.length) resolve();
      };
      first.on("message", (message) => add(0, String(message)));
      threads.forEach((thread, index) => thread.on("message", (text: string) => add(index + 1, text)));
    });
    await askKernel("send", { address: LOOPBACK, port, texts });
    await all;
    const ended = threads.map((thread) => once(thread, "exit"));
    for (const thread of threads) thread.postMessage("close");
    await Promise.all([...ended, close(first)]);
    return {
      sockets: lines.length,
      shares: heard.map((each) => each.length),
      once: heard.flat().sort().join() === texts.sort().join(),
    };
  },
};

/** A thread that shares the port. */
function share(port: number): void {
  const socket = bound({ reusePort: true }, { address: LOOPBACK, port });
  socket.on("message", (message) => parentPort!.postMessage(String(message)));
  parentPort!.once("message", () => socket.close());
  parentPort!.postMessage("bound");
}

/** Plays one case after the other: what comes of each. */
async function playAll(names: readonly string[]): Promise<unknown> {
  const outcomes: Record<string, unknown> = {};
  for (const name of names) {
    try {
      outcomes[name] = { result: await within(cases[name](), name) };
    } catch (error) {
      outcomes[name] = { error: String((error as Error).stack) };
    }
  }
  return outcomes;
}

if (isMainThread) void finish(() => playAll(JSON.parse(process.argv[2])));
else share(workerData as number);
