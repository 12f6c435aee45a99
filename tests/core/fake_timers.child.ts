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

const some = (): Promise<void> => new Promise((done) => void setTimeout(done, 200));
const closed = (socket: Socket): Promise<void> => new Promise((done) => void socket.close(done));

const seen = { listening: false, received: 0, calledBack: 0, held: 0, canceled: "" };
const server = createSocket("udp4", () => seen.received++);
server.bind(0, HOST, () => seen.listening = true);
await some();

const { port } = server.address();
const connected = createSocket("udp4");
connected.connect(port, HOST);
await some();
const count = (error: Error | null): void => {
  if (error === null) seen.calledBack++;
};
for (let i = 0; i < 10; i++) connected.send("to the peer", count);
for (let i = 0; i < 10; i++) server.send("to itself", port, HOST, count);
await some();

if (capabilities.features.pause === "unavailable") seen.held = 5;
else {
  const before = seen.received;
  server.pause();
  for (let i = 0; i < 5; i++) connected.send("later", count);
  await some();
  server.resume();
  await some();
  seen.held = seen.received - before;
  seen.received = before;
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

// A paused socket's, which only keeps the process.
called.delete("setInterval");
console.log(JSON.stringify({ ...seen, called: [...called] }));
process.exit();
