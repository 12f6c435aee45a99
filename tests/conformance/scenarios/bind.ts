/** bind(): its order and its failures. */
import dns from "node:dns";
import process from "node:process";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";

export const bindScenarios: readonly Scenario[] = [
  scenario("a second bind() throws", { rows: [29] }, async (stage) => {
    const a = await stage.bound("a");
    stage.call("bind", () => a.bind(0, stage.callback("cb")));
    stage.note("listeners", a.listenerCount("listening"), a.listenerCount("error"));
    await stage.settle();
  }),

  scenario("bind() on a closed socket throws before anything else is looked at", { rows: [29] }, async (stage) => {
    const a = stage.socket("a");
    a.close();
    stage.call("bind", () => a.bind(0, {}, stage.callback("cb")));
    await stage.settle();
  }),

  scenario("bind()'s callback comes among the listeners in the order of registration", { rows: [30, 41] }, async (
    stage,
  ) => {
    const a = stage.socket("a");
    a.on("listening", stage.callback("before"));
    a.bind(0, "127.0.0.1", stage.callback("cb"));
    a.on("listening", stage.callback("after"));
    stage.note("listeners", a.listenerCount("listening"));
    await stage.seen("after called");
    stage.note("listeners", a.listenerCount("listening"), a.listenerCount("error"));
    a.emit("listening");
  }),

  scenario(
    "a failed bind() leaves neither its callback nor a listener behind",
    { rows: [22, 30, 39] },
    async (stage) => {
      const a = await stage.bound("a");
      const b = stage.socket("b");
      const before = [b.listenerCount("listening"), b.listenerCount("error")];
      b.bind(a.address().port, "127.0.0.1", stage.callback("first"));
      await stage.seen("b 'error'");
      stage.note("the same listeners as before", b.listenerCount("listening") === before[0]);
      b.bind(0, "127.0.0.1", stage.callback("second"));
      await stage.seen("second called");
    },
  ),

  scenario("a socket can be bound again from within the 'error' of its first bind()", { rows: [22] }, async (stage) => {
    const a = await stage.bound("a");
    const b = stage.socket("b");
    b.on("error", () => stage.call("again", () => b.bind(0, "127.0.0.1", stage.callback("second"))));
    b.bind(a.address().port, "127.0.0.1", stage.callback("first"));
    await stage.seen("second called");
    b.send("works", a.address().port, "127.0.0.1");
    await stage.seen("a 'message'");
  }),

  scenario("a failed bind() with a callback and no 'error' listener reaches the process", { rows: [31, 40] }, async (
    stage,
  ) => {
    const a = await stage.bound("a");
    const b = stage.socket("b", "udp4", undefined, { unheard: ["error"] });
    b.bind(a.address().port, "127.0.0.1", stage.callback("cb"));
    await stage.seen("uncaughtException");
    stage.call("again", () => b.bind(0, "127.0.0.1"));
    await stage.seen("b 'listening'");
  }),

  scenario("a failed bind() without a callback and an 'error' listener reaches the process", { rows: [40] }, async (
    stage,
  ) => {
    const a = await stage.bound("a");
    const b = stage.socket("b", "udp4", undefined, { unheard: ["error"] });
    b.bind(a.address().port, "127.0.0.1");
    await stage.seen("uncaughtException");
  }),

  scenario("the error of a failed bind() has the resolved address and the caller's port", { rows: [39] }, async (
    stage,
  ) => {
    const a = await stage.bound("a");
    const b = stage.socket("b", "udp4");
    b.on("error", (error: Error) => stage.keys("error", error));
    b.bind(String(a.address().port), "127.0.0.1");
    await stage.seen("b 'error'");
    const c = stage.socket("c");
    c.on("error", (error: Error) => stage.keys("error", error));
    c.bind(0, "192.0.2.77");
    await stage.seen("c 'error'");
  }),

  scenario("a literal of the other family fails in bind(2)", { rows: [37] }, async (stage) => {
    const a = stage.socket("a");
    a.bind(0, "::1");
    await stage.seen("a 'error'");
    const b = stage.socket("b", "udp6");
    b.bind(0, "127.0.0.1");
    await stage.seen("b 'error'");
  }),

  scenario("a name that has no address gives the look-up's error", { rows: [38] }, async (stage) => {
    const a = stage.socket("a");
    a.on("error", (error: Error) => {
      stage.keys("error", error);
      stage.note("constructor", error.constructor === Error);
    });
    a.bind(0, "a..b", stage.callback("cb"));
    await stage.seen("a 'error'");
    stage.call("again", () => a.bind(0, "127.0.0.1"));
    await stage.seen("a 'listening'");
  }),

  scenario("bind() to localhost binds to its address of the socket's family", { rows: [35] }, async (stage) => {
    const a = stage.socket("a");
    a.bind(0, "localhost");
    await stage.seen("a 'listening'");
    stage.call("address", () => a.address());
  }),

  scenario("'listening' comes within the ticks that follow bind()", { rows: [36, 147] }, async (stage) => {
    const a = stage.socket("a");
    setImmediate(() => stage.note("immediate"));
    process.nextTick(() => stage.note("tick before"));
    queueMicrotask(() => stage.note("microtask before"));
    stage.call("bind", () => a.bind(0, "127.0.0.1", stage.callback("cb")));
    process.nextTick(() => stage.note("tick after"));
    queueMicrotask(() => stage.note("microtask after"));
    stage.note("end of the turn");
    await stage.seen("immediate");
  }),

  scenario("'listening' comes after the microtasks where bind() is called from one", { rows: [147] }, async (stage) => {
    const a = stage.socket("a");
    await Promise.resolve();
    a.bind(0, "127.0.0.1", stage.callback("cb"));
    queueMicrotask(() => {
      stage.note("microtask");
      queueMicrotask(() => stage.note("microtask of the microtask"));
    });
    setImmediate(() => stage.note("immediate"));
    await stage.seen("immediate");
  }),

  scenario("a listener of 'listening' that throws leaves the socket bound", { rows: [41] }, async (stage) => {
    const a = stage.socket("a");
    a.on("listening", () => {
      throw new Error("from a listener");
    });
    a.on("listening", stage.callback("later listener"));
    a.bind(0, "127.0.0.1");
    await stage.seen("uncaughtException");
    stage.call("address", () => a.address());
    a.send("works", a.address().port, "127.0.0.1", stage.callback("sent"));
    await stage.seen("a 'message'");
  }),

  scenario("what waits for 'listening' is carried out though a listener has thrown before", {
    rows: [41],
    deviates: {
      row: 152,
      expected: [
        "a 'listening'",
        "uncaughtException Error: from a listener",
        "sent called with (null, 4) on undefined",
        "a 'close'",
      ],
    },
  }, async (stage) => {
    const a = stage.socket("a");
    a.on("listening", () => {
      throw new Error("from a listener");
    });
    a.send("sent", 9, "127.0.0.1", stage.callback("sent"));
    a.close();
    await stage.seen("uncaughtException");
    await stage.quiet();
  }),

  scenario("close() in the turn of bind() closes without 'listening'", { rows: [42] }, async (stage) => {
    const a = stage.socket("a");
    a.bind(0, "127.0.0.1", stage.callback("bound"));
    stage.call("close", () => a.close(stage.callback("closed")));
    stage.call("address", () => a.address());
    await stage.seen("closed called");
    await stage.settle();
  }),

  scenario("a bad address leaves the socket as it was", {
    rows: [25, 34],
    deviates: {
      row: 25,
      expected: [
        'bind threw TypeError [ERR_INVALID_ARG_TYPE]: The "hostname" argument must be of type string. Received type number (5)',
        "again returned <socket a>",
        "a 'listening'",
        "cb called with () on <socket a>",
      ],
    },
  }, async (stage) => {
    const a = stage.socket("a");
    stage.call("bind", () => a.bind(0, 5));
    stage.call("again", () => a.bind(0, "127.0.0.1", stage.callback("cb")));
    await stage.settle();
  }),

  scenario("send() on an unbound socket binds it to every address", { rows: [46] }, async (stage) => {
    const b = await stage.bound("b");
    const a = stage.socket("a");
    stage.call("send", () => a.send("x", b.address().port, "127.0.0.1", stage.callback("sent")));
    stage.call("address", () => a.address());
    stage.call("bind", () => a.bind(0));
    await stage.seen("b 'message'");
    stage.call("address", () => a.address());
  }),

  scenario("an implicit bind uses the socket's look-up", { rows: [35, 46] }, async (stage) => {
    const b = await stage.bound("b");
    const a = stage.socket("a", {
      type: "udp4",
      lookup: (name: string, family: number, done: (e: null, a: string) => void) => {
        stage.note("lookup", name, family);
        done(null, name);
      },
    });
    stage.call("send", () => a.send("x", b.address().port, "127.0.0.1", stage.callback("sent")));
    await stage.seen("b 'message'");
  }),

  scenario("the module looks names up through node:dns as it is then", { rows: [35] }, async (stage) => {
    const { lookup } = dns;
    const patched = dns as { lookup: unknown };
    patched.lookup = (name: string, _: unknown, done: (e: null, a: string, f: number) => void) => {
      stage.note("lookup", name);
      queueMicrotask(() => done(null, "127.0.0.1", 4));
    };
    try {
      const a = stage.socket("a");
      a.bind(0, "some.name");
      const b = stage.socket("b");
      b.bind(0, "127.0.0.1");
      await stage.seen("a 'listening'");
      stage.call("address", () => a.address());
    } finally {
      patched.lookup = lookup;
    }
  }),
];
