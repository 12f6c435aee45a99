/** Sends that wait: for the bind, and in the system's queue. */
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { AnySocket, Stage } from "../stage.ts";

const HOST = "127.0.0.1";

type Done = (error: unknown, address?: unknown) => void;

/** An unbound socket whose implicit bind fails, and whose sends would succeed. */
function unbindable(stage: Stage, heard = true): AnySocket {
  const lookup = (name: string, _: number, done: Done): void =>
    name === "0.0.0.0" ? setImmediate(done, new Error("not to be bound")) as unknown as void : done(null, name);
  return stage.socket("a", { type: "udp4", lookup }, undefined, heard ? {} : { unheard: ["error"] });
}

export const queueScenarios: readonly Scenario[] = [
  scenario("send()s on an unbound socket wait for its bind and leave in their order", {
    rows: [46, 75, 149],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    for (let i = 0; i < 5; i++) a.send(`m${i}`, peer.address().port, HOST, stage.callback(`cb${i}`));
    stage.call("address", () => a.address());
    stage.call("bind", () => a.bind(0, HOST));
    await stage.seen("peer 'message'", 5);
    await stage.seen("cb4 called");
  }),

  scenario("send()s while binding wait for it", { rows: [75] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    a.send("before", peer.address().port, HOST, stage.callback("before"));
    await stage.seen("peer 'message'");
    const b = stage.socket("b");
    b.bind(0, HOST, stage.callback("bind"));
    b.send("while", peer.address().port, HOST, stage.callback("while"));
    await stage.seen("peer 'message'", 2);
    await stage.seen("while called");
  }),

  scenario("send() reads its arguments at the call, not when the bind is through", { rows: [75] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    const list = ["one", "two"];
    a.send(list, peer.address().port, HOST, stage.callback("cb"));
    list.push("three");
    stage.call("bad port", () => a.send("x", 0, HOST));
    await stage.seen("peer 'message'");
    await stage.seen("cb called");
  }),

  scenario("a listener of 'listening' from before the first send() runs before it, a later one after it", {
    rows: [76],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const { port } = peer.address();
    const asked = (name: string, _: number, done: Done): void => {
      stage.note("lookup", name);
      if (name === "0.0.0.0") setImmediate(done, null, name);
      else done(null, name);
    };
    const a = stage.socket("a", { type: "udp4", lookup: asked });
    a.on("listening", () => {
      stage.note("early listener");
      a.send("from the early one", port, "127.0.0.1", stage.callback("early"));
    });
    a.send("queued", port, "127.0.0.1", stage.callback("queued"));
    a.on("listening", () => {
      stage.note("late listener");
      a.send("from the late one", port, "127.0.0.1", stage.callback("late"));
    });
    await stage.seen("peer 'message'", 3);
    await stage.seen("late called");
  }),

  scenario(
    "what is queued runs in its order, whatever it is",
    { rows: [53, 75], needs: ["connect", "sendInTurn"] },
    async (stage) => {
      const peer = await stage.bound("peer");
      const other = await stage.bound("other");
      const a = stage.socket("a");
      a.send("first", other.address().port, HOST, stage.callback("first"));
      a.connect(peer.address().port, HOST, stage.callback("connect"));
      await stage.seen("connect called");
      await stage.seen("first called");
      a.send("second", stage.callback("second"));
      await stage.seen("peer 'message'");
      await stage.quiet();
    },
  ),

  scenario("a failed implicit bind is told as 'error' and its send()s are given up", { rows: [77, 46] }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer");
    const a = unbindable(stage);
    a.send("one", peer.address().port, HOST, stage.callback("one"));
    a.send("two", peer.address().port, HOST, stage.callback("two"));
    await stage.seen("a 'error'");
    await stage.quiet();
    stage.call("bind", () => a.bind(0, HOST));
    await stage.seen("a 'listening'");
    a.send("three", peer.address().port, HOST, stage.callback("three"));
    await stage.seen("peer 'message'");
    await stage.seen("three called");
  }),

  scenario("a failed implicit bind without an 'error' listener reaches the process", { rows: [40, 77] }, async (
    stage,
  ) => {
    const a = unbindable(stage, false);
    a.send("one", 9, HOST, stage.callback("one"));
    await stage.seen("uncaughtException");
    await stage.settle();
    a.on("error", stage.callback("error"));
    a.send("two", 9, HOST, stage.callback("two"));
    await stage.seen("error called");
  }),

  scenario("a send() in the 'error' of a failed bind begins another", { rows: [22, 77] }, async (stage) => {
    const a = unbindable(stage);
    let again = 1;
    a.on("error", () => {
      if (again-- > 0) stage.call("send", () => a.send("again", 9, HOST, stage.callback("again")));
    });
    a.send("one", 9, HOST, stage.callback("one"));
    await stage.seen("a 'error'", 2);
    await stage.settle();
  }),

  scenario("a send() that waits for a bind that fails by the address in use is given up", { rows: [39, 77] }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    a.bind(peer.address().port, HOST);
    a.send("lost", peer.address().port, HOST, stage.callback("lost"));
    await stage.seen("a 'error'");
    await stage.quiet();
    a.send("kept", peer.address().port, HOST, stage.callback("kept"));
    await stage.seen("peer 'message'");
    await stage.seen("kept called");
  }),

  scenario("an implicit bind whose look-up throws throws out of send()", { rows: [25, 75] }, async (stage) => {
    const lookup = (): void => {
      throw new Error("from the look-up");
    };
    const a = stage.socket("a", { type: "udp4", lookup });
    stage.call("send", () => a.send("x", 9, HOST, stage.callback("cb")));
    await stage.settle();
  }),

  scenario("an exception in a queued send()'s look-up reaches the process", { rows: [75, 84] }, async (stage) => {
    const peer = await stage.bound("peer");
    const lookup = (name: string, _: number, done: Done): void => {
      if (name === "bad.name") throw new Error("from the look-up");
      if (name === "0.0.0.0") setImmediate(done, null, name);
      else done(null, HOST);
    };
    const a = stage.socket("a", { type: "udp4", lookup });
    a.send("one", peer.address().port, "good.name", stage.callback("one"));
    stage.call("send", () => a.send("two", peer.address().port, "bad.name", stage.callback("two")));
    await stage.seen("uncaughtException");
    await stage.seen("one called");
    await stage.seen("peer 'message'");
  }),

  scenario("exceptions in queued send()s' look-ups reach the process, each, and keep no other from being sent", {
    rows: [75, 84, 147],
    deviates: {
      row: 147,
      expected: [
        "a 'listening'",
        "uncaughtException Error: from the look-up of one",
        "uncaughtException Error: from the look-up of two",
        "uncaughtException Error: from the look-up of three",
        "four called with (null, 4) on undefined",
        "peer 'message' Buffer 'four', { address: '127.0.0.1', family: 'IPv4', port: <port a>, size: 4 }",
      ],
    },
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const lookup = (name: string, _: number, done: Done): void => {
      // After the exceptions: a tick's order among them is the runtime's.
      if (name === "0.0.0.0" || name === "four") setImmediate(done, null, HOST);
      else throw new Error(`from the look-up of ${name}`);
    };
    const a = stage.socket("a", { type: "udp4", lookup });
    for (const name of ["one", "two", "three", "four"]) {
      a.send(name, peer.address().port, name, stage.callback(name));
    }
    await stage.seen("uncaughtException");
    await stage.quiet();
  }),

  scenario("the send queue is empty before, while and after sending, unless the system's is full", {
    rows: [90],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    const sizes = (when: string): void => {
      stage.call(`size ${when}`, () => a.getSendQueueSize());
      stage.call(`count ${when}`, () => a.getSendQueueCount());
    };
    sizes("unbound");
    a.send("hello", peer.address().port, HOST, stage.callback("cb", () => sizes("in the callback")));
    sizes("while binding");
    await stage.seen("cb called");
    a.send("hello", peer.address().port, HOST);
    sizes("after send()");
    await stage.seen("peer 'message'", 2);
    sizes("after arrival");
  }),

  scenario(
    "the send queue is empty on a connected socket",
    { rows: [90], needs: ["connect", "sendInTurn"] },
    async (stage) => {
      const peer = await stage.bound("peer");
      const a = await stage.connected("a", peer.address().port);
      a.send("hello", stage.callback("cb"));
      stage.call("size", () => a.getSendQueueSize());
      stage.call("count", () => a.getSendQueueCount());
      await stage.seen("peer 'message'");
    },
  ),
];
