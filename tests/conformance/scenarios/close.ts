/** close(), and what was asked for before it. */
import process from "node:process";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";

type Done = (error: Error | null, address?: string) => void;

export const closeScenarios: readonly Scenario[] = [
  scenario(
    "close() answers the socket, and 'close' comes on a tick",
    { rows: [104, 108], needs: ["closeInTurn"] },
    async (stage) => {
      const a = await stage.bound("a");
      setImmediate(() => stage.note("immediate"));
      process.nextTick(() => stage.note("tick before"));
      queueMicrotask(() => stage.note("microtask"));
      stage.call("close", () => a.close(stage.callback("cb")));
      process.nextTick(() => stage.note("tick after"));
      await stage.seen("immediate");
    },
  ),

  scenario("close()'s callback comes among the listeners of 'close'", { rows: [104] }, async (stage) => {
    const a = await stage.bound("a");
    a.on("close", stage.callback("before"));
    a.close(stage.callback("cb"));
    a.on("close", stage.callback("after"));
    await stage.seen("after called");
  }),

  scenario("close() ignores what is no function", { rows: [104] }, async (stage) => {
    for (const callback of [null, 5, "x", {}, true]) {
      const a = stage.dgram.createSocket("udp4");
      stage.call(`close with ${typeof callback}`, () => a.close(callback) === a);
    }
    await stage.settle();
  }),

  scenario(
    "a repeated close() throws, and its callback is called all the same",
    { rows: [105, 154] },
    async (stage) => {
      const a = await stage.bound("a");
      a.close(stage.callback("first"));
      stage.call("again", () => a.close(stage.callback("second")));
      await stage.seen("second called");
      stage.call("after 'close'", () => a.close(stage.callback("third")));
      await stage.settle();
    },
  ),

  scenario("close() within 'close' throws", { rows: [105] }, async (stage) => {
    const a = await stage.bound("a");
    a.on("close", () => stage.call("again", () => a.close()));
    a.close();
    await stage.seen("again");
  }),

  scenario("close() within 'listening' closes", { rows: [104] }, async (stage) => {
    const a = stage.socket("a");
    a.bind(0, "127.0.0.1", () => stage.call("close", () => a.close()));
    await stage.seen("a 'close'");
    await stage.settle();
  }),

  scenario("close() within a failed bind's 'error' closes", { rows: [22] }, async (stage) => {
    const other = await stage.bound("other");
    const a = stage.socket("a");
    a.on("error", () => stage.call("close", () => a.close()));
    a.bind(other.address().port, "127.0.0.1");
    await stage.seen("a 'close'");
  }),

  scenario("an unbound socket can be closed", { rows: [108] }, async (stage) => {
    const a = stage.socket("a");
    stage.call("close", () => a.close(stage.callback("cb")));
    stage.call("bind", () => a.bind(0));
    await stage.seen("cb called");
  }),

  scenario("the port of a closed socket is free", { rows: [104] }, async (stage) => {
    const a = await stage.bound("a");
    const { port } = a.address();
    a.close();
    await stage.seen("a 'close'");
    const b = stage.socket("b");
    b.bind(port, "127.0.0.1", stage.callback("cb"));
    await stage.seen("b '");
  }),

  scenario("a listener of 'close' that throws reaches the process", { rows: [104] }, async (stage) => {
    const a = await stage.bound("a");
    a.on("close", () => {
      throw new Error("from a listener");
    });
    a.close(stage.callback("after"));
    await stage.seen("uncaughtException");
    stage.call("again", () => a.close());
  }),

  scenario("no message comes after close() within a message's listener", { rows: [100] }, async (stage) => {
    const a = await stage.bound("a", "udp4", () => stage.call("close", () => a.close()));
    const { port } = a.address();
    const b = await stage.bound("b");
    for (const text of ["one", "two", "three"]) b.send(text, port, "127.0.0.1", stage.callback(text));
    await stage.seen("a 'close'");
    await stage.quiet();
  }),

  scenario("a connected socket sends what it was given before close()", { rows: [88], needs: ["connect"] }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer");
    const a = await stage.connected("a", peer.address().port);
    a.send("before", stage.callback("sent"));
    a.close(stage.callback("closed"));
    await stage.seen("closed called");
    await stage.seen("peer 'message'");
    await stage.settle();
  }),

  scenario("a bound socket sends what it was given before close()", {
    rows: [88],
    deviates: {
      row: 88,
      expected: [
        "sent called with (null, 6) on undefined",
        "a 'close'",
        "closed called with () on <socket a>",
        "peer 'message' Buffer 'before', { address: '127.0.0.1', family: 'IPv4', port: <port a>, size: 6 }",
      ],
    },
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    a.send("before", peer.address().port, "127.0.0.1", stage.callback("sent"));
    a.close(stage.callback("closed"));
    await stage.seen("closed called");
    await stage.quiet();
  }),

  scenario("an unbound socket sends what it was given before close()", {
    rows: [88],
    deviates: {
      row: 88,
      expected: [
        "close returned <socket a>",
        "a 'listening'",
        "sent called with (null, 6) on undefined",
        "a 'close'",
        "closed called with () on <socket a>",
        "note heard 'before'",
      ],
    },
  }, async (stage) => {
    const peer = stage.dgram.createSocket("udp4", (data: unknown) => stage.note("heard", String(data)));
    const { port } = peer.bindSync({ address: "127.0.0.1" });
    const a = stage.socket("a");
    a.send("before", port, "127.0.0.1", stage.callback("sent"));
    stage.call("close", () => a.close(stage.callback("closed")));
    await stage.seen("closed called");
    await stage.quiet();
    peer.close();
  }),

  scenario("a send to a name that is being looked up is carried out before 'close'", {
    rows: [88],
    deviates: {
      row: 88,
      expected: [
        "sent called with (null, 6) on undefined",
        "a 'close'",
        "peer 'message' Buffer 'before', { address: '127.0.0.1', family: 'IPv4', port: <port a>, size: 6 }",
      ],
    },
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const lookup = (_: string, __: number, done: Done): void => {
      setImmediate(() => done(null, "127.0.0.1"));
    };
    const a = await stage.bound("a", { type: "udp4", lookup });
    a.send("before", peer.address().port, "some.host", stage.callback("sent"));
    a.close();
    await stage.seen("a 'close'");
    await stage.quiet();
  }),

  scenario("a repeated close() while binding throws at once", {
    rows: [106],
    deviates: {
      row: 106,
      expected: [
        "close returned <socket a>",
        "again threw Error [ERR_SOCKET_DGRAM_NOT_RUNNING]: Not running",
        "a 'listening'",
        "sent called with (null, 6) on undefined",
        "a 'close'",
        "first called with () on <socket a>",
        "second called with () on <socket a>",
        "peer 'message' Buffer 'before', { address: '127.0.0.1', family: 'IPv4', port: <port a>, size: 6 }",
      ],
    },
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const lookup = (name: string, _: number, done: Done): void => process.nextTick(done, null, name);
    const a = stage.socket("a", { type: "udp4", lookup });
    a.send("before", peer.address().port, "127.0.0.1", stage.callback("sent"));
    stage.call("close", () => a.close(stage.callback("first")));
    stage.call("again", () => a.close(stage.callback("second")));
    await stage.seen("a 'close'");
    await stage.quiet();
  }),

  scenario("a close() that waits for a bind that fails is carried out", {
    rows: [77, 107],
    deviates: {
      row: 107,
      expected: [
        "close returned <socket a>",
        "a 'error' Error [ENOHOST]: no local host",
        "bind threw Error [ERR_SOCKET_DGRAM_NOT_RUNNING]: Not running",
        "a 'close'",
        "closed called with () on <socket a>",
      ],
    },
  }, async (stage) => {
    const lookup = (_: string, __: number, done: Done): void => {
      setImmediate(() => done(Object.assign(new Error("no local host"), { code: "ENOHOST" })));
    };
    const a = stage.socket("a", { type: "udp4", lookup });
    a.once("error", () => stage.call("bind", () => a.bind(0)));
    a.send("lost", 5, "127.0.0.1", stage.callback("sent"));
    stage.call("close", () => a.close(stage.callback("closed")));
    await stage.seen("a 'error'");
    await stage.settle();
  }),

  scenario(
    "a send that waits for a bind that fails is given up without its callback",
    { rows: [77] },
    async (stage) => {
      let failing = true;
      const lookup = (name: string, _: number, done: Done): void => {
        const error = failing ? Object.assign(new Error("no local host"), { code: "ENOHOST" }) : null;
        setImmediate(() => done(error, name));
      };
      const peer = await stage.bound("peer");
      const a = stage.socket("a", { type: "udp4", lookup });
      a.send("lost", peer.address().port, "127.0.0.1", stage.callback("lost"));
      await stage.seen("a 'error'");
      failing = false;
      a.send("sent", peer.address().port, "127.0.0.1", stage.callback("sent"));
      await stage.seen("peer 'message'");
      await stage.quiet();
    },
  ),

  scenario("as many datagrams as leave at once are called back before 'close'", {
    rows: [88],
    deviates: {
      row: 88,
      expected: [...Array.from({ length: 64 }, (_, i) => `note ${i} sent 1`), "a 'close'"],
    },
  }, async (stage) => {
    const peer = await stage.bound("peer", "udp4", undefined, { unheard: ["message"] });
    const a = await stage.bound("a");
    for (let i = 0; i < 64; i++) {
      a.send("x", peer.address().port, "127.0.0.1", (_: unknown, size: number) => stage.note(`${i} sent`, size));
    }
    a.close();
    await stage.seen("a 'close'");
    await stage.settle();
  }),

  scenario("a datagram that a connection overtakes is called back before 'close'", {
    rows: [88],
    needs: ["connect"],
    deviates: {
      row: 88,
      expected: [
        "sent called with (Error [EISCONN]: send EISCONN 127.0.0.1:<port peer> { errno: -EISCONN, syscall: 'send', address: '127.0.0.1', port: <port peer> }) on undefined",
        "a 'close'",
        "peer 'message' Buffer 'over it', { address: '127.0.0.1', family: 'IPv4', port: <port a>, size: 7 }",
      ],
    },
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const { port } = peer.address();
    const a = await stage.bound("a");
    a.send("before it", port, "127.0.0.1", stage.callback("sent"));
    a.connectSync(port, "127.0.0.1");
    a.send("over it");
    a.close();
    await stage.seen("a 'close'");
    await stage.seen("peer 'message'");
    await stage.settle();
  }),

  // Two fragments that no send buffer of this size holds at once: there is never room for them, on Linux.
  scenario("close() cancels what the kernel has no room for", {
    rows: [109],
    native: ["sendBufferSize"],
    ipv6: true,
    deviates: {
      row: 109,
      expected: [
        "note waiting 3",
        "cb0 called with (Error [ECANCELED]: send ECANCELED ::1:<port a> { errno: -ECANCELED, syscall: 'send', address: '::1', port: <port a> }) on undefined",
        "cb1 called with (Error [ECANCELED]: send ECANCELED ::1:<port a> { errno: -ECANCELED, syscall: 'send', address: '::1', port: <port a> }) on undefined",
        "cb2 called with (Error [ECANCELED]: send ECANCELED ::1:<port a> { errno: -ECANCELED, syscall: 'send', address: '::1', port: <port a> }) on undefined",
        "a 'close'",
      ],
    },
  }, async (stage) => {
    const a = await stage.bound("a", "udp6");
    const { port } = a.address();
    a.setSendBufferSize(1);
    for (const [i, size] of [65_527, 10, 65_527].entries()) {
      a.send(new Uint8Array(size), port, "::1", stage.callback(`cb${i}`));
    }
    await stage.settle();
    stage.note("waiting", a.getSendQueueCount());
    a.close();
    await stage.seen("a 'close'");
    await stage.seen("cb2 called");
  }),

  scenario("close() of a socket whose only datagram has no room and no callback ends, too", {
    rows: [109],
    native: ["sendBufferSize"],
    ipv6: true,
  }, async (stage) => {
    const a = await stage.bound("a", "udp6");
    a.setSendBufferSize(1);
    a.send(new Uint8Array(65_527), a.address().port, "::1");
    await stage.settle();
    stage.note("waiting", a.getSendQueueCount());
    a.close();
    await stage.seen("a 'close'");
  }),
];
