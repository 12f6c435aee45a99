/** Sockets that their program has forgotten. The arguments: a case's name, and `ours` or `oracle`. */
import console from "node:console";
import * as oracle from "node:dgram";
import process from "node:process";
import { setImmediate } from "node:timers";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as ours from "@x/dgram";
import type { Socket } from "@x/dgram";
const HOST = "127.0.0.1";
const [, , name, subject] = process.argv;
const { createSocket } = subject === "oracle" ? oracle as unknown as typeof ours : ours;
function collector(): () => void {
  const { Bun } = globalThis as { Bun?: { gc(force: boolean): void } };
  if (Bun) return () => Bun.gc(true);
  setFlagsFromString("--expose-gc");
  return (globalThis as {gc?: () => void}).gc ?? runInNewContext("gc") as () => void;
}
const collect = collector();
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
async function collectAll(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    collect();
    await turn();
  }
}
let heard = 0;
function make(prepare: (socket: Socket) => void, bind = true): Promise<number> {
  return new Promise((done) => {
    const socket = createSocket("udp4", (message) => { heard++; });
    registry.register(socket, name);
    prepare(socket);
    if (!bind) return done(0);
    socket.bind(0, HOST, function (this: Socket) { after?.(this); done(this.address().port); });
  });
}
let after: ((s: Socket) => void) | undefined;
let collected = 0;
const registry = new FinalizationRegistry(() => collected++);
async function main() {
  const N = 20;
  const prepare: Record<string, (s: Socket) => void> = { bound: () => {}, unref: (s) => s.unref(), paused: () => {}, pausedunref: (s) => s.unref(), closed: () => {}, unbound: () => {}, aborted: () => {} };
  if (name === "paused" || name==="pausedunref") after = (s) => (s.pause as undefined | (() => void))?.call(s);
  if (name === "closed") after = (s) => void setImmediate(() => s.close());
  const ports: number[] = [];
  for (let i = 0; i < N; i++) ports.push(await make(prepare[name], name !== "unbound"));
  await collectAll();
  await new Promise((r) => setTimeout(r, 100));
  await collectAll();
  const sender = createSocket("udp4");
  if (name !== "unbound" && name !== "closed") for (const p of ports) for (let k = 0; k < 3; k++) await new Promise((done) => sender.send("x", p, HOST, done));
  await new Promise((r) => setTimeout(r, 100));
  await collectAll();
  console.log(name, "heard", heard, "of", 3 * N, "collected", collected, "of", N);
  process.exit();
}
void main();
