/**
 * Sockets of a program whose timers a test runner has faked before the first of them was made, as Jest does: what a module
 * finds as `process` has a `nextTick` of the clock's, too. Time stands still. Prints what the sockets did, and which fakes
 * were called.
 */
import { capabilities, createSocket, type Socket } from "@x/dgram";
import console from "node:console";
import process from "node:process";
import { setTimeout } from "node:timers";

const HOST = "127.0.0.1";
const called = new Set<string>();

/** As @sinonjs/fake-timers makes it: it has the clock, which has what it stands for. */
function fake(target: object, name: string, clock: object): void {
  const real = Reflect.get(target, name);
  const instead = (): object => {
    called.add(name);
    return { ref() {}, unref() {} };
  };
  const value = Object.assign(instead, { clock: Object.assign(clock, { [`_${name}`]: real }) });
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
}

const clock = {};
const seenProcess = Object.create(process);
fake(seenProcess, "nextTick", clock);
Object.defineProperty(globalThis, "process", { value: seenProcess, configurable: true, writable: true });
for (const name of ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"]) fake(globalThis, name, clock);

const closed = (socket: Socket): Promise<void> => new Promise((done) => void socket.close(done));
/** Looks by real timers until it is so; what never comes is seen in what is printed. */
async function until(isSo: () => boolean): Promise<void> {
  for (let looks = 0; looks < 500 && !isSo(); looks++) await new Promise((done) => void setTimeout(done, 10));
}

async function main(): Promise<void> {
  const seen = { listening: false, received: 0, calledBack: 0, held: 0, canceled: "" };
  const server = createSocket("udp4", () => seen.received++);
  server.bind(0, HOST, () => seen.listening = true);
  await until(() => seen.listening);

  const { port } = server.address();
  const connected = createSocket("udp4");
  let isConnected = false;
  connected.connect(port, HOST, () => isConnected = true);
  await until(() => isConnected);
  const count = (error: Error | null): void => {
    if (error === null) seen.calledBack++;
  };
  for (let i = 0; i < 10; i++) connected.send("to the peer", count);
  for (let i = 0; i < 10; i++) server.send("to itself", port, HOST, count);
  await until(() => seen.received === 20 && seen.calledBack === 20);

  if (capabilities.features.pause === "unavailable") {
    seen.held = 5;
  } else {
    server.pause();
    for (let i = 0; i < 5; i++) connected.send("later", count);
    await until(() => seen.calledBack === 25);
    server.resume();
    await until(() => seen.received === 25);
    seen.held = seen.received - 20;
    seen.received -= 5;
    seen.calledBack -= 5;
  }

  // Nobody answers: close() waits for a second, and for no longer.
  const waiting = createSocket({ type: "udp4", lookup: (name, _, done) => name === HOST && done(null, HOST, 4) });
  waiting.bind(0, HOST);
  waiting.send(
    "x",
    port,
    "nobody.test",
    (error) => seen.canceled = String((error as NodeJS.ErrnoException | null)?.code),
  );
  await Promise.all([server, connected, waiting].map(closed));

  console.log(JSON.stringify({ ...seen, called: [...called] }));
  process.exit();
}

void main();
