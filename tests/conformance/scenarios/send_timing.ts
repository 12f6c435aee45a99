/** When a datagram leaves, and when its callback comes. */
import { Buffer } from "node:buffer";
import process from "node:process";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

const HOST = "127.0.0.1";

/** Notes of every queue around a call. */
function around(stage: Stage, call: () => void): void {
  setImmediate(() => stage.note("immediate"));
  process.nextTick(() => stage.note("tick before"));
  queueMicrotask(() => stage.note("microtask before"));
  call();
  process.nextTick(() => {
    stage.note("tick after");
    process.nextTick(() => {
      stage.note("tick of the tick");
      process.nextTick(() => stage.note("tick of the tick of the tick"));
    });
  });
  queueMicrotask(() => stage.note("microtask after"));
  stage.note("end of the turn");
}

const lookup = (_: string, __: number, done: (error: null, address: string) => void): void => done(null, HOST);

export const sendTimingScenarios: readonly Scenario[] = [
  scenario(
    "send()'s callback comes within the ticks that follow",
    { rows: [78, 81], needs: ["sendInTurn"] },
    async (stage) => {
      const peer = await stage.bound("peer");
      const a = await stage.bound("a");
      around(stage, () => a.send("x", peer.address().port, HOST, stage.callback("cb")));
      await stage.seen("immediate");
      await stage.seen("peer 'message'");
    },
  ),

  scenario("the callback of send() on a connected socket comes on the next tick", {
    rows: [79, 81],
    needs: ["connect", "sendInTurn"],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.connected("a", peer.address().port);
    around(stage, () => a.send("x", stage.callback("cb")));
    await stage.seen("immediate");
    await stage.seen("peer 'message'");
  }),

  scenario(
    "the callback of a send() that fails comes within the ticks that follow",
    { rows: [81, 82], needs: ["sendInTurn"] },
    async (stage) => {
      const a = await stage.bound("a");
      around(stage, () => a.send(Buffer.alloc(65_508), 9, HOST, stage.callback("cb")));
      await stage.seen("immediate");
    },
  ),

  scenario("the callback of a send() that fails on a connected socket comes on the next tick", {
    rows: [81, 82],
    needs: ["connect", "sendInTurn"],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.connected("a", peer.address().port);
    around(stage, () => a.send(Buffer.alloc(65_508), stage.callback("cb")));
    await stage.seen("immediate");
  }),

  scenario("the callback of a send() with a look-up that answers at once comes on the next tick", {
    rows: [78, 81],
    needs: ["sendInTurn"],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a", { type: "udp4", lookup });
    a.bind(0);
    around(stage, () => a.send("x", peer.address().port, "a.name", stage.callback("cb")));
    await stage.seen("immediate");
    await stage.seen("peer 'message'");
  }),

  scenario("the callback of a send() on an unbound socket comes within the ticks that follow", {
    rows: [75, 81],
    needs: ["sendInTurn"],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    around(stage, () => a.send("x", peer.address().port, HOST, stage.callback("cb")));
    await stage.seen("immediate");
    await stage.seen("peer 'message'");
  }),

  scenario("callbacks come in the order of their send()s", { rows: [75, 78] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    for (let i = 0; i < 10; i++) a.send(`m${i}`, peer.address().port, HOST, stage.callback(`cb${i}`));
    await stage.seen("peer 'message'", 10);
    await stage.seen("called", 10);
  }),

  scenario("callbacks on a connected socket come in the order of their send()s", {
    rows: [79],
    needs: ["connect"],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.connected("a", peer.address().port);
    for (let i = 0; i < 10; i++) a.send(`m${i}`, stage.callback(`cb${i}`));
    await stage.seen("peer 'message'", 10);
    await stage.seen("called", 10);
  }),

  scenario("150 datagrams of one turn arrive in their order", { rows: [75, 78] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    for (let i = 0; i < 150; i++) a.send(`m${i}`, peer.address().port, HOST, stage.callback(`cb${i}`));
    await stage.seen("peer 'message'", 150);
    await stage.seen("called", 150);
  }),

  scenario("150 datagrams of one turn leave an unbound socket in their order", { rows: [75] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    for (let i = 0; i < 150; i++) a.send(`m${i}`, peer.address().port, HOST, stage.callback(`cb${i}`));
    await stage.seen("peer 'message'", 150);
    await stage.seen("called", 150);
  }),

  scenario("failing and succeeding send()s call back in their order", { rows: [78, 82, 83] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    const { port } = peer.address();
    a.send("first", port, HOST, stage.callback("first"));
    a.send(Buffer.alloc(65_508), port, HOST, stage.callback("too long"));
    a.send("second", port, HOST, stage.callback("second"));
    a.send(Buffer.alloc(65_508), port, HOST);
    a.send("third", port, HOST, stage.callback("third"));
    await stage.seen("peer 'message'", 3);
    await stage.seen("third called");
  }),

  scenario("failing and succeeding send()s on a connected socket call back in their order", {
    rows: [79, 82, 83],
    needs: ["connect"],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.connected("a", peer.address().port);
    a.send("first", stage.callback("first"));
    a.send(Buffer.alloc(65_508), stage.callback("too long"));
    a.send("second", stage.callback("second"));
    a.send(Buffer.alloc(65_508));
    a.send("third", stage.callback("third"));
    await stage.seen("peer 'message'", 3);
    await stage.seen("third called");
  }),

  scenario("datagrams to several peers each arrive at theirs", { rows: [78] }, async (stage) => {
    const peers = [await stage.bound("p"), await stage.bound("q"), await stage.bound("r")];
    const a = await stage.bound("a");
    for (let i = 0; i < 9; i++) a.send(`m${i}`, peers[i % 3].address().port, HOST, stage.callback(`cb${i}`));
    await stage.seen("'message'", 9);
    await stage.seen("called", 9);
  }),

  scenario("a send() from within a callback leaves", { rows: [78] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    const { port } = peer.address();
    a.send(
      "one",
      port,
      HOST,
      stage.callback("one", () => {
        a.send("three", port, HOST, stage.callback("three"));
      }),
    );
    a.send("two", port, HOST, stage.callback("two"));
    await stage.seen("peer 'message'", 3);
  }),

  scenario("a send() in a callback on a connected socket leaves", { rows: [79], needs: ["connect"] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.connected("a", peer.address().port);
    a.send("one", stage.callback("one", () => a.send("three", stage.callback("three"))));
    a.send("two", stage.callback("two"));
    await stage.seen("peer 'message'", 3);
    await stage.seen("three called");
  }),

  scenario("an exception in a callback reaches the process and the other callbacks come", { rows: [91] }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    const { port } = peer.address();
    a.send("one", port, HOST, stage.callback("one"));
    a.send(
      "two",
      port,
      HOST,
      stage.callback("two", () => {
        throw new Error("from a callback");
      }),
    );
    a.send("three", port, HOST, stage.callback("three"));
    await stage.seen("three called");
    a.send("four", port, HOST, stage.callback("four"));
    await stage.seen("peer 'message'", 4);
    await stage.seen("four called");
  }),

  scenario("an exception in a callback on a connected socket reaches the process and the other callbacks come", {
    rows: [91],
    needs: ["connect"],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.connected("a", peer.address().port);
    a.send(
      "one",
      stage.callback("one", () => {
        throw new Error("from a callback");
      }),
    );
    a.send("two", stage.callback("two"));
    await stage.seen("two called");
    await stage.seen("peer 'message'", 2);
  }),

  scenario("the error of a send() without a callback is not told", { rows: [83] }, async (stage) => {
    const a = await stage.bound("a");
    stage.call("too long", () => a.send(Buffer.alloc(65_508), 9, HOST));
    stage.call("wrong family", () => a.send("x", 9, "::1"));
    await stage.quiet();
  }),
];
