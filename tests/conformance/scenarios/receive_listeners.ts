/** What listeners of 'message' may do: come and go, throw, close, answer. */
import type { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import process from "node:process";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import { burst } from "./burst.ts";

const HOST = "127.0.0.1";

export const receiveListenerScenarios: readonly Scenario[] = [
  scenario("datagrams that arrive while nobody listens are lost", { rows: [93] }, async (stage) => {
    const a = await stage.bound("a");
    const b = await stage.bound("b", "udp4", undefined, { unheard: ["message"] });
    a.send("lost", b.address().port, HOST, stage.callback("sent"));
    await stage.quiet();
    b.on("message", stage.callback("listener"));
    a.send("heard", b.address().port, HOST, stage.callback("sent"));
    await stage.seen("listener called");
    await stage.quiet();
  }),

  scenario("a listener added within 'listening' hears datagrams", { rows: [93] }, async (stage) => {
    const a = await stage.bound("a");
    const b = stage.socket("b", "udp4", undefined, { unheard: ["message"] });
    b.bind(0, HOST, () => {
      b.on("message", stage.callback("listener"));
      a.send("heard", b.address().port, HOST);
    });
    await stage.seen("listener called");
  }),

  scenario("all listeners of 'message' are called, in order, a once() one once", { rows: [94] }, async (stage) => {
    const a = await stage.bound("a");
    const b = await stage.bound("b", "udp4", stage.callback("first"));
    b.once("message", stage.callback("once"));
    b.prependListener("message", stage.callback("prepended"));
    burst(a, b, 2);
    await stage.seen("first called", 2);
    await stage.settle();
  }),

  scenario("a listener that throws reaches the process and the next datagrams are received", { rows: [99] }, async (
    stage,
  ) => {
    const a = await stage.bound("a");
    const b = await stage.bound("b", "udp4", (message: Buffer) => {
      stage.note(`${message}`);
      if (String(message) === "m1") throw new Error("from a listener");
    });
    b.on("message", (message: Buffer) => stage.note(`${message} in the second listener`));
    burst(a, b, 4);
    await stage.seen("m3 in the second");
    a.send("later", b.address().port, HOST);
    await stage.seen("later in the second");
  }),

  scenario("a listener that always throws reaches the process each time", { rows: [99] }, async (stage) => {
    const a = await stage.bound("a");
    const b = await stage.bound("b", "udp4", (message: Buffer) => {
      throw new Error(`from ${message}`);
    });
    burst(a, b, 5);
    await stage.seen("uncaughtException", 5);
  }),

  scenario("a listener that throws what is no error reaches the process with it", { rows: [99] }, async (stage) => {
    const a = await stage.bound("a");
    const b = await stage.bound("b", "udp4", (message: Buffer) => {
      if (String(message) === "m0") throw "a string";
      if (String(message) === "m1") throw undefined;
    });
    burst(a, b, 3);
    await stage.seen("b 'message'", 1);
    await stage.seen("uncaughtException", 2);
  }),

  scenario("an asynchronous listener that rejects is an unhandled rejection", { rows: [99] }, async (stage) => {
    const a = await stage.bound("a");
    const b = await stage.bound("b", "udp4", async (message: Buffer) => {
      await null;
      if (String(message) === "m0") throw new Error("from a listener");
    });
    burst(a, b, 2);
    await stage.seen("unhandledRejection");
    await stage.seen("b 'message'", 2);
  }),

  scenario("rejections are captured where the emitter is told to", { rows: [99] }, async (stage) => {
    const emitter = EventEmitter as unknown as { captureRejections: boolean };
    emitter.captureRejections = true;
    const a = stage.socket("a");
    emitter.captureRejections = false;
    a.on("message", () => Promise.reject(new Error("from a listener")));
    a.bind(0, HOST);
    await stage.seen("a 'listening'");
    a.send("x", a.address().port, HOST);
    await stage.seen("a 'error'");
    await stage.settle();
  }),

  scenario("nothing is delivered after close() in a listener, not even what had arrived", { rows: [100] }, async (
    stage,
  ) => {
    const a = await stage.bound("a");
    const b = await stage.bound("b");
    b.on("message", (message: Buffer) => {
      stage.note("received", String(message));
      if (String(message) === "m1") stage.call("close", () => b.close(stage.callback("closed")));
    });
    burst(a, b, 5);
    await stage.seen("closed called");
    await stage.quiet();
  }),

  scenario("nothing is delivered after close(), even if it had arrived", { rows: [100] }, async (stage) => {
    const a = await stage.bound("a");
    const b = await stage.bound("b");
    burst(a, b, 3);
    await new Promise((resolve) => process.nextTick(() => process.nextTick(resolve)));
    b.close(stage.callback("closed"));
    await stage.seen("closed called");
    await stage.quiet();
  }),

  scenario("the other listeners of a message still hear it when the first closes the socket", { rows: [100] }, async (
    stage,
  ) => {
    const a = await stage.bound("a");
    const b = await stage.bound("b", "udp4", () => b.close());
    b.on("message", stage.callback("second listener"));
    burst(a, b, 2);
    await stage.seen("b 'close'");
    await stage.quiet();
  }),

  scenario("an answer from within a listener arrives", { rows: [93] }, async (stage) => {
    const a = await stage.bound("a");
    const b = await stage.bound("b", "udp4", (message: Buffer, from: { port: number; address: string }) => {
      b.send(message, from.port, from.address, stage.callback("answered"));
    });
    burst(a, b, 3);
    await stage.seen("a 'message'", 3);
    await stage.seen("answered called", 3);
  }),
];
