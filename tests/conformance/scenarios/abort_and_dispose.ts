/** abort, Symbol.asyncDispose, ref() and unref(). */
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { AnySocket } from "../stage.ts";

/** Node 18 has it under a symbol that only its own code knows. */
const asyncDispose: symbol | undefined = Symbol.asyncDispose;

export const abortAndDisposeScenarios: readonly Scenario[] = [
  scenario("abort() closes in the call", { rows: [112, 157] }, async (stage) => {
    const controller = new AbortController();
    const a = await stage.bound("a", { type: "udp4", signal: controller.signal });
    stage.call("abort", () => controller.abort());
    stage.call("address", () => a.address());
    stage.call("close", () => a.close());
    await stage.seen("a 'close'");
    await stage.settle();
  }),

  scenario("abort() of an unbound socket closes it", { rows: [112] }, async (stage) => {
    const controller = new AbortController();
    const a = stage.socket("a", { type: "udp4", signal: controller.signal });
    controller.abort(new Error("a reason that is not told"));
    stage.call("bind", () => a.bind(0));
    await stage.seen("a 'close'");
  }),

  scenario("abort() in the turn of bind() closes without 'listening'", { rows: [42, 112] }, async (stage) => {
    const controller = new AbortController();
    const a = stage.socket("a", { type: "udp4", signal: controller.signal });
    a.bind(0, "127.0.0.1", stage.callback("bound"));
    controller.abort();
    await stage.seen("a 'close'");
    await stage.settle();
  }),

  scenario("abort() with operations that wait for the bind closes after it", { rows: [106, 112] }, async (stage) => {
    const controller = new AbortController();
    const peer = await stage.bound("peer");
    const a = stage.socket("a", { type: "udp4", signal: controller.signal });
    a.connect(peer.address().port, "127.0.0.1", stage.callback("connected"));
    controller.abort();
    await stage.seen("a 'close'");
    await stage.settle();
  }),

  scenario("abort() after close() does nothing", { rows: [112] }, async (stage) => {
    const controller = new AbortController();
    const a = await stage.bound("a", { type: "udp4", signal: controller.signal });
    a.close();
    stage.call("abort", () => controller.abort());
    await stage.seen("a 'close'");
    await stage.settle();
  }),

  scenario("a disposed socket is closed", { rows: [113] }, async (stage) => {
    const a = await stage.bound("a");
    if (asyncDispose === undefined) return;
    const promise = a[asyncDispose]();
    stage.note("a promise", promise instanceof Promise);
    stage.call("address", () => a.address());
    stage.note("resolved with", await promise);
  }),

  scenario("disposing of a closed socket resolves at once", { rows: [113] }, async (stage) => {
    const a = await stage.bound("a");
    a.close();
    await stage.seen("a 'close'");
    stage.note("resolved with", await dispose(a));
  }),

  scenario("disposing of a socket that is being closed", { rows: [113] }, async (stage) => {
    const a = await stage.bound("a");
    a.close(stage.callback("cb"));
    stage.note("resolved with", await dispose(a));
    await stage.settle();
  }),

  scenario("disposing of an unbound socket closes it", { rows: [113] }, async (stage) => {
    const a = stage.socket("a");
    stage.note("resolved with", await dispose(a));
    stage.call("bind", () => a.bind(0));
  }),

  scenario("ref() and unref() answer the socket in every state", { rows: [111] }, async (stage) => {
    const a = stage.socket("a");
    stage.call("unbound", () => a.unref().ref().unref());
    a.bind(0, "127.0.0.1");
    stage.call("binding", () => a.ref().unref());
    await stage.seen("a 'listening'");
    stage.call("bound", () => a.unref().ref());
    a.close();
    stage.call("closed", () => a.unref().ref());
    await stage.seen("a 'close'");
  }),

  scenario("an unreferenced socket still sends and receives", { rows: [111] }, async (stage) => {
    const a = stage.socket("a").unref();
    a.bind(0, "127.0.0.1", () => a.send("hello", a.address().port, "127.0.0.1", stage.callback("sent")));
    await stage.seen("a 'message'");
    await stage.seen("sent called");
  }),
];

function dispose(socket: AnySocket): Promise<unknown> {
  return asyncDispose === undefined ? Promise.resolve() : socket[asyncDispose]();
}
