/** Where a descriptor arrives from another process: a socket of its own, which is closed once. */
import { assertEquals } from "@std/assert";
import { createSocket } from "@x/dgram/ffi";
import { handoffCapabilities, receiveSockets, sendSocket } from "@x/dgram/handoff";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { kernelOf } from "../../src/handoff/kernel.ts";
import { Letterbox } from "../../src/handoff/letterbox.ts";
import { close } from "../support/close.ts";
import { KEY } from "../support/handoff_key.ts";
import { socketCount } from "../support/proc.ts";
import { libc, libcSkip, open } from "../support/libc.ts";
import { within } from "../support/within.ts";

const HOST = "127.0.0.1";

/** One end of a channel to a process of another runtime, as far as can be told. */
class Foreigner extends EventEmitter {
  readonly connected = true;
  other: Foreigner | undefined;

  send(value: { readonly [KEY]: object }, handle: unknown): void {
    if (handle !== undefined) throw new Error("it has no such handles");
    const runtime = "another";
    queueMicrotask(() =>
      this.other!.emit("message", JSON.parse(JSON.stringify({ [KEY]: { ...value[KEY], runtime } })))
    );
  }
}

test("a letterbox that is closed twice closes nothing of anybody else's", { skip: libcSkip }, () => {
  const socket = createSocket("udp4");
  socket.bindSync({ address: "127.0.0.1" });
  const kernel = kernelOf(socket as never)!;
  const before = socketCount();
  const letterbox = new Letterbox(kernel.libc);
  assertEquals(socketCount(), before + 1);
  letterbox.close();
  // The lowest number that is free is the one that it had.
  const other = open(4);
  const port = libc().nameAsNumber(other);
  letterbox.close();
  assertEquals([libc().nameAsNumber(other), socketCount()], [port, before + 1]);
  libc().close(other);
  socket.close();
});

const { handoffToProcess } = handoffCapabilities.notes;
const skip = libcSkip || handoffToProcess !== undefined && handoffToProcess;

test("a socket goes to whatever runtime has libc, also from and to Node", { skip }, async () => {
  const [here, there] = [new Foreigner(), new Foreigner()];
  [here.other, there.other] = [there, here];
  const socket = createSocket("udp4").unref();
  const { port } = socket.pause().bindSync({ address: HOST });
  const sender = createSocket("udp4").unref();
  sender.send("before", port, HOST);
  await once(sender, "listening");
  const heard: string[] = [];
  const taken = new Promise<typeof socket>((done) => {
    const stop = receiveSockets(there, (one) => {
      one.on("message", (message) => {
        heard.push(String(message));
        if (heard.length === 2) done(one);
      });
      stop();
    }, { createSocket });
  });
  await within(sendSocket(socket, here), "the end of the handoff");
  sender.send("after", port, HOST);
  const other = await within(taken, "a socket");
  assertEquals([heard, other.address().port], [["before", "after"], port]);
  await close(other, sender);
});
