/** A case of slow_link.test.ts, on the host that has the slow link. Says what it saw in one line of JSON. */
import { capabilities, createSocket, type Socket } from "@x/dgram";
import { AsyncLocalStorage } from "node:async_hooks";
import { Buffer } from "node:buffer";
import process from "node:process";
import { setImmediate } from "node:timers";
import { mostTimers, timersNow } from "./counted_timers.ts";
import { COUNT, type Ends, textOf } from "./slow_link.ts";

const [name, how, ...ports] = process.argv.slice(2);
const [toA, toB] = ports.map(Number);
const B_HOST = "10.77.1.3";

const uncaught: string[] = [];
process.on("uncaughtException", (error) => uncaught.push(String(error)));
process.on("unhandledRejection", (error) => uncaught.push(String(error)));

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

async function bound(options: { signal?: AbortSignal } = {}): Promise<Socket> {
  const socket = createSocket({ type: "udp4", ...options });
  socket.bindSync({ address: "0.0.0.0" });
  await turn();
  return socket;
}

/** Sends all of them in one turn, and notes how they end. */
class Burst {
  readonly order: number[] = [];
  readonly results: (string | number | undefined)[] = [];
  readonly #done: Promise<void>;
  #tellDone = (): void => {};

  /** @param watched false if only the last has a callback */
  constructor(socket: Socket, port?: number, text = textOf, watched = true) {
    this.#done = new Promise((resolve) => this.#tellDone = resolve);
    for (let i = 0; i < COUNT; i++) {
      const to = port === undefined ? [] : [port, B_HOST];
      const callback = (error: Error & { code?: string } | null, bytes?: number): void => {
        this.order.push(i);
        this.results.push(error === null ? bytes : error.code ?? error.message);
        if (i === COUNT - 1) this.#tellDone();
      };
      const callbacks = watched || i === COUNT - 1 ? [callback] : [];
      (socket.send as (...args: unknown[]) => void)(Buffer.from(text(i)), ...to, ...callbacks);
    }
  }

  async ended(): Promise<void> {
    await this.#done;
  }
}

function ends({ order, results }: Burst): Ends {
  const sent = results.filter((result) => typeof result === "number").length;
  const others = new Set(results.filter((result) => typeof result !== "number"));
  return { order, sent, failures: [...others].map(String) };
}

async function closed(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => socket.close(resolve));
}

async function burst(): Promise<unknown> {
  const socket = await bound();
  let drained = 0;
  let tellDrain = (): void => {};
  const drain = new Promise<void>((resolve) => tellDrain = resolve);
  socket.on("drain", () => {
    drained++;
    tellDrain();
  });
  const sent = new Burst(socket, toA);
  await turn();
  const waiting = socket.getSendQueueCount();
  await sent.ended();
  await drain;
  await turns(20);
  const left = [socket.getSendQueueCount(), socket.getSendQueueSize()];
  await closed(socket);
  return { ...ends(sent), drained, waited: waiting > 0, left };
}

/** Has a socket that is congested end, in one of the ways that there are. */
async function ending(): Promise<unknown> {
  const controller = new AbortController();
  const socket = await bound({ signal: controller.signal });
  let tellClosed = (): void => {};
  let endedBefore = -1;
  const close = new Promise<void>((resolve) => tellClosed = resolve);
  const sent = new Burst(socket, toA);
  socket.on("close", () => {
    endedBefore = sent.order.length;
    tellClosed();
  });
  await turns(3);
  if (how === "abort") controller.abort();
  else if (how === "close") socket.close();
  else await (socket as unknown as Record<symbol, () => Promise<void>>)[Symbol.asyncDispose]();
  let passed = 0;
  let over = false;
  void close.then(() => over = true);
  for (; !over; passed++) await turn();
  await turns(20);
  return { ...ends(sent), endedBefore, soon: passed < 30, timers: timersNow() };
}

/** Without callbacks: there is nobody whom libuv would tell. */
async function timers(): Promise<unknown> {
  const socket = await bound();
  if (how !== "unconnected") socket.connectSync(toA, B_HOST);
  const to = how === "unconnected" ? [toA, B_HOST] : [];
  const drain = new Promise((resolve) => socket.once("drain", resolve));
  for (let i = 0; i < COUNT; i++) {
    (socket.send as (...args: unknown[]) => void)(Buffer.from(textOf(i)), ...to);
    if (i % 50 === 0) await turn();
  }
  await turn();
  const waiting = socket.getSendQueueCount();
  for (let i = 0; how === "reconnected" && i < 5; i++) {
    socket.disconnect();
    socket.connectSync(toA, B_HOST);
  }
  await drain;
  const most = mostTimers();
  await closed(socket);
  return { waited: waiting > 100, most, left: timersNow() };
}

/** What waits has its destination, whatever the socket is connected to meanwhile. */
async function connectLater(): Promise<unknown> {
  const socket = await bound();
  const sent = new Burst(socket, toA);
  await turns(3);
  const waited = socket.getSendQueueCount() > 0;
  socket.connectSync(toB, B_HOST);
  await sent.ended();
  await new Promise((resolve) => socket.send("the end", resolve));
  await closed(socket);
  return { ...ends(sent), waited };
}

async function disconnectAndConnect(): Promise<unknown> {
  const socket = await bound();
  socket.connectSync(toA, B_HOST);
  const sent = new Burst(socket, undefined, textOf, how !== "unheard");
  await turns(3);
  const waited = socket.getSendQueueCount() > 0;
  socket.disconnect();
  if (how === "turn later") await turns(3);
  if (how !== "stay") socket.connectSync(toB, B_HOST);
  await sent.ended();
  const rest = how === "stay" ? [toB, B_HOST] : [];
  await new Promise((resolve) => (socket.send as (...args: unknown[]) => void)("the end", ...rest, resolve));
  await closed(socket);
  return { ...ends(sent), waited };
}

/** Some of one turn, and another for each that left: every one in an asynchronous context of its own. */
async function contexts(): Promise<unknown> {
  const socket = await bound();
  const storage = new AsyncLocalStorage<number>();
  const order: number[] = [];
  const strange: unknown[] = [];
  let sent = 0;
  let tellDone = (): void => {};
  const done = new Promise<void>((resolve) => tellDone = resolve);
  function send(): void {
    const index = sent;
    if (index === COUNT) return;
    sent++;
    storage.run(index, () => {
      socket.send(Buffer.from(textOf(index)), toA, B_HOST, (error) => {
        order.push(index);
        const context = storage.getStore();
        if (context !== index || error !== null) strange.push([index, context, error?.message]);
        send();
        // Two of one turn, now and then.
        if (index % 3 === 0) send();
        if (order.length === COUNT) tellDone();
      });
    });
  }
  for (let i = 0; i < COUNT / 2; i++) send();
  await turn();
  const waited = socket.getSendQueueCount() > 0;
  await done;
  await closed(socket);
  return { order, strange, waited };
}

const cases: Record<string, () => Promise<unknown>> = {
  burst,
  ending,
  timers,
  connectLater,
  disconnectAndConnect,
  contexts,
};
void cases[name]().catch((error: Error) => ({ failed: error.stack })).then((seen) => {
  console.log(JSON.stringify({ ...seen as object, uncaught }));
  // Deno.listenDatagram of Deno 2.9.5: a send() that waits for room outlives close(), and keeps the process for ever.
  if (capabilities.backend === "deno") process.exit(0);
});
