/** What becomes of the kernel's socket on its way: who reads it, and whose it is when the other side ends. */
import { assertEquals, assertRejects } from "@std/assert";
import { createSocket } from "@x/dgram/ffi";
import { sendSocket } from "@x/dgram/handoff";
import { once } from "node:events";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { MessageChannel } from "node:worker_threads";
import { channelOf } from "../../src/handoff/channel.ts";
import { libc, libcSkip, open } from "../support/libc.ts";
import { waitingAt } from "../support/proc.ts";

const HOST = "127.0.0.1";
/** More turns than a runtime takes to see that something has come. */
const TURNS = 100;

test("a socket that is paused before it gets a descriptor reads nothing from it", { skip: libcSkip }, async () => {
  const socket = createSocket("udp4").pause();
  const heard: string[] = [];
  socket.on("message", (message) => void heard.push(String(message)));
  const listening = once(socket, "listening");
  socket.bind({ fd: open(4) });
  await listening;
  const { port } = socket.address();
  const sender = createSocket("udp4");
  const waiting: number[] = [];
  for (const text of ["a", "b", "c"]) {
    await new Promise((done) => sender.send(text, port, HOST, done));
    for (let i = 0; i < TURNS; i++) await turn();
    waiting.push(waitingAt({ address: HOST, port }));
  }
  const [one] = waiting;
  assertEquals(waiting, [one, 2 * one, 3 * one]);
  const all = new Promise((done) => socket.on("message", () => heard.length === 3 && done(heard)));
  socket.resume();
  assertEquals(await all, ["a", "b", "c"]);
  sender.close();
  socket.close();
});

test("a socket whose taker has ended before it had all is gone, and the promise says so", {
  skip: libcSkip,
}, async () => {
  const { port1, port2 } = new MessageChannel();
  const socket = createSocket("udp4");
  socket.bindSync({ address: HOST });
  const closed = once(socket, "close");
  const other = channelOf(port2, "from");
  const stop = other.listen((step) => {
    if (step.step === "offer") other.post({ step: "ready", id: step.id, runtime: "any", cuts: true });
    if (step.step !== "coming") return;
    libc().close(step.fd!);
    other.post({ step: "taken", id: step.id });
    stop();
    port2.close();
  }, () => {});
  const error = await assertRejects(() => sendSocket(socket, port1)) as Error & { code?: string };
  assertEquals([error.code, error.message, (error.cause as Error).message], [
    "ERR_SOCKET_DGRAM_HANDOFF",
    "The socket was handed off, but the other side has ended before it said that it has all that was received here",
    "The socket was not handed off: the other side has ended",
  ]);
  await closed;
});
