/** The order of events in the common courses of a socket's life. */
import process from "node:process";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";

export const orderScenarios: readonly Scenario[] = [
  scenario("five sends on an unbound socket are carried out in their order", { rows: [75, 149] }, async (stage) => {
    const b = await stage.bound("b");
    const a = stage.socket("a");
    for (let n = 0; n < 5; n++) a.send(`m${n}`, b.address().port, "127.0.0.1", stage.callback(`cb${n}`));
    await stage.seen("b 'message'", 5);
    await stage.seen("cb4 called");
  }),

  scenario("a listener of 'listening' from before a send runs before it, a later one after", { rows: [76] }, async (
    stage,
  ) => {
    const b = await stage.bound("b");
    const { port } = b.address();
    const a = stage.socket("a");
    a.on("listening", () => {
      stage.note("early listener");
      a.send("early", port, "127.0.0.1", stage.callback("early"));
    });
    a.send("queued", port, "127.0.0.1", stage.callback("queued"));
    a.on("listening", () => {
      stage.note("late listener");
      a.send("late", port, "127.0.0.1", stage.callback("late"));
    });
    await stage.seen("b 'message'", 3);
    await stage.seen("called", 3);
  }),

  scenario("bind(), connect() and send() in one turn", { rows: [53, 87, 148], needs: ["connect"] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    a.bind(0, "127.0.0.1", stage.callback("bound"));
    a.connect(peer.address().port, "127.0.0.1", stage.callback("connected"));
    stage.call("send without a port", () => a.send("x", stage.callback("sent")));
    await stage.seen("connected called");
    a.send("x", stage.callback("sent"));
    await stage.seen("peer 'message'");
  }),

  scenario("a bind that fails tells 'error' and leaves the socket unbound", { rows: [22, 150] }, async (stage) => {
    const a = await stage.bound("a");
    const b = stage.socket("b");
    b.on("error", () => stage.call("bindSync in 'error'", () => b.bindSync({ address: "127.0.0.1" })));
    b.bind(a.address().port, "127.0.0.1", stage.callback("cb"));
    await stage.seen("b 'listening'");
  }),

  scenario("bind(), ticks, microtasks and immediates", { rows: [147] }, async (stage) => {
    const a = stage.socket("a");
    process.nextTick(() => {
      queueMicrotask(() => stage.note("microtask of the first tick"));
      process.nextTick(() => stage.note("tick of the first tick"));
    });
    a.bind(0, "127.0.0.1", () => {
      stage.note("bound");
      queueMicrotask(() => stage.note("microtask of 'listening'"));
      process.nextTick(() => stage.note("tick of 'listening'"));
    });
    setImmediate(() => stage.note("immediate"));
    await stage.seen("immediate");
  }),

  scenario(
    "a send's callback comes after the earlier ticks and before the immediates",
    { rows: [81], needs: ["sendInTurn"] },
    async (stage) => {
      const a = await stage.bound("a");
      process.nextTick(() => stage.note("tick before"));
      a.send("x", a.address().port, "127.0.0.1", stage.callback("sent"));
      queueMicrotask(() => stage.note("microtask"));
      setImmediate(() => stage.note("immediate"));
      await stage.seen("immediate");
      await stage.seen("a 'message'");
    },
  ),

  scenario("a whole life: bind, send, receive, close", { rows: [147] }, async (stage) => {
    const a = stage.socket("a");
    a.bind(0, "127.0.0.1", () => {
      a.send("hello", a.address().port, "127.0.0.1", stage.callback("sent"));
    });
    await stage.seen("a 'message'");
    await stage.seen("sent called");
    a.close(stage.callback("closed"));
    await stage.seen("closed called");
  }),

  scenario(
    "'close' after a send to the peer comes before what another socket has asked for since",
    { rows: [81, 103], needs: ["connect", "sendInTurn", "closeInTurn"] },
    async (stage) => {
      const peer = await stage.bound("peer");
      const a = await stage.connected("a", peer.address().port);
      const b = stage.socket("b");
      a.send("x", stage.callback("sent"));
      a.close();
      process.nextTick(() => stage.note("tick after close()"));
      b.send("y", peer.address().port, "127.0.0.1");
      await stage.seen("a 'close'");
      await stage.seen("b 'listening'");
      await stage.seen("peer 'message'", 2);
    },
  ),

  scenario(
    "what waits for a look-up leaves in the order of the answers, between what another socket sends",
    { rows: [78, 80], needs: ["sendInTurn"] },
    async (stage) => {
      const peer = await stage.bound("peer");
      const { port } = peer.address();
      const a = await stage.bound("a");
      const lookup = (_: string, __: number, done: (error: null, address: string) => void) =>
        process.nextTick(done, null, "127.0.0.1");
      const b = await stage.bound("b", { type: "udp4", lookup });
      a.send("1", port, "127.0.0.1", stage.callback("first"));
      b.send("2", port, "b.name", stage.callback("second"));
      a.send("3", port, "127.0.0.1", stage.callback("third"));
      await stage.seen("peer 'message'", 3);
      await stage.seen("called", 3);
    },
  ),

  scenario(
    "what is sent to an address calls back before what is sent to a name afterwards",
    { rows: [78, 80], needs: ["sendInTurn"] },
    async (stage) => {
      const peer = await stage.bound("peer");
      const { port } = peer.address();
      const a = await stage.bound("a");
      for (let i = 0; i < 8; i++) {
        a.send("address", port, "127.0.0.1", stage.callback("address"));
        a.send("name", port, "localhost", stage.callback("name"));
        process.nextTick(() => stage.note("tick after send()"));
        await stage.seen("name called", i + 1);
      }
      await stage.seen("peer 'message'", 16);
    },
  ),

  scenario("an error listener that throws reaches the process", { rows: [40] }, async (stage) => {
    const a = await stage.bound("a");
    const b = stage.socket("b");
    b.on("error", () => {
      throw new Error("from a listener");
    });
    b.bind(a.address().port, "127.0.0.1");
    await stage.seen("uncaughtException");
    stage.call("again", () => b.bind(0, "127.0.0.1"));
    await stage.seen("b 'listening'");
  }),
];
