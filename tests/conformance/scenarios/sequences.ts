/** Sequences of calls in which this module once differed from node:dgram: found by `npm run fuzz`, and shrunk. */
import process from "node:process";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import type { AnySocket, Stage } from "../stage.ts";

const HOST = "127.0.0.1";

/** A socket whose close() waits for 'listening', since a connect() does. */
function closing(stage: Stage): AnySocket {
  const a = stage.socket("a");
  a.connect(9, HOST);
  stage.call("close", () => a.close());
  return a;
}

/** A look-up that answers in its call. */
function answersAtOnce(
  name: string,
  family: number,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, name, family);
}

/** A look-up that answers in a tick. */
function answersInTick(
  name: string,
  family: number,
  done: (error: Error | null, address?: string, family?: number) => void,
): void {
  process.nextTick(() => name === "gone.test" ? done(new Error("no such name")) : done(null, name, family));
}

export const sequenceScenarios: readonly Scenario[] = [
  scenario("a bind() while close() waits says that the socket is bound", { rows: [29, 106] }, async (stage) => {
    const a = closing(stage);
    stage.call("bind", () => a.bind(0, HOST));
    stage.call("bindSync", () => a.bindSync());
    await stage.seen("a 'close'");
  }),

  scenario("a connect() while close() waits says that the socket is closed", {
    rows: [106],
    deviates: {
      row: 106,
      expected: [
        "close returned <socket a>",
        "connect threw Error [ERR_SOCKET_DGRAM_NOT_RUNNING]: Not running",
        "a 'listening'",
        "a 'close'",
      ],
    },
  }, async (stage) => {
    const a = stage.socket("a");
    a.send("waits too", 9, HOST);
    stage.call("close", () => a.close());
    stage.call("connect", () => a.connect(9, HOST));
    await stage.seen("a 'close'");
    await stage.settle();
  }),

  scenario("disconnect() on a closed socket that was connected", {
    rows: [61, 110],
    needs: ["connect"],
    deviates: {
      row: 110,
      expected: ["a 'close'", "disconnect threw Error [ERR_SOCKET_DGRAM_NOT_RUNNING]: Not running"],
    },
  }, async (stage) => {
    const a = await stage.connected("a", 9);
    a.close();
    await stage.seen("a 'close'");
    stage.call("disconnect", () => a.disconnect());
  }),

  scenario("a look-up that fails in a tick calls back after the datagram that was sent before", {
    rows: [78],
    needs: ["sendInTurn"],
  }, async (stage) => {
    const a = await stage.bound("a", { type: "udp4", lookup: answersInTick });
    a.send("to the address", 9, HOST, stage.callback("first"));
    a.send("to the name", 9, "gone.test", stage.callback("second"));
    await stage.seen("second called");
  }),

  scenario("what a send() while connecting comes to is told after 'connect'", {
    rows: [54, 62],
    needs: ["connect"],
  }, async (stage) => {
    const a = stage.socket("a", { type: "udp4", lookup: answersInTick });
    a.connect(9, HOST);
    a.send("late", 9, HOST, stage.callback("cb"));
    await stage.seen("cb called");
  }),

  scenario("a send() after a connect() that is under way comes too late to leave unconnected", {
    rows: [54],
    needs: ["connect", "sendInTurn"],
  }, async (stage) => {
    const a = stage.socket("a");
    a.send("before", 9, HOST, stage.callback("before"));
    a.connect(9, HOST);
    a.send("after", 9, HOST, stage.callback("after"));
    await stage.seen("after called");
    await stage.seen("before called");
  }),

  scenario("what was to leave for an address leaves after connectSync() and disconnect() in its turn", {
    rows: [61],
    needs: ["connect"],
  }, async (stage) => {
    const b = await stage.bound("b");
    // A kernel takes a port away that it has chosen.
    const a = stage.socket("a");
    a.bind(await stage.freePort("own"), HOST);
    await stage.seen("a 'listening'");
    a.send("to an address", b.address().port, HOST, stage.callback("cb"));
    a.connectSync(9, HOST);
    a.disconnect();
    await stage.seen("cb called");
    await stage.seen("b 'message'");
  }),

  scenario("what was to leave for an address fails if the socket is connected again in its turn", {
    rows: [54, 61],
    needs: ["connect"],
  }, async (stage) => {
    const a = await stage.bound("a");
    a.send("to an address", 9, HOST, stage.callback("cb"));
    a.connectSync(9, HOST);
    a.disconnect();
    a.connectSync(9, HOST);
    await stage.seen("cb called");
  }),

  scenario("a send() that waits for 'listening' fails if a listener connects the socket", {
    rows: [147],
    needs: ["connect"],
    deviates: {
      row: 147,
      expected: [
        "a 'listening'",
        "a 'connect'",
        "cb called with (Error [EISCONN]: send EISCONN 127.0.0.1:9 { errno: -EISCONN, syscall: 'send', address: '127.0.0.1', port: 9 }) on undefined",
      ],
    },
  }, async (stage) => {
    const b = await stage.bound("b");
    const a = stage.socket("a");
    a.on("listening", () => a.connectSync(b.address().port, HOST));
    a.send("for somebody else", 9, HOST, stage.callback("cb"));
    await stage.seen("a 'connect'");
    await stage.quiet();
  }),

  ...(["connect", "send"] as const).flatMap((method) =>
    ["look-up", "listener of 'listening'"].map((thrower) =>
      scenario(`close() has nothing to wait for after a ${method}() that threw what a ${thrower} did`, {
        rows: [106],
        needs: method === "connect" ? ["connect"] : [],
      }, async (stage) => {
        const fail = (): void => {
          throw new Error(`thrown by a ${thrower}`);
        };
        const lookup = thrower === "look-up" ? fail : answersAtOnce;
        const a = stage.socket("a", { type: "udp4", lookup });
        if (thrower !== "look-up") a.on("listening", fail);
        if (method === "connect") stage.call("connect", () => a.connect(9, HOST, stage.callback("cb")));
        else stage.call("send", () => a.send("unsent", 9, HOST, stage.callback("cb")));
        stage.call("close", () => a.close());
        await stage.settle();
        stage.note("a few turns later");
      })
    )
  ),

  scenario("a datagram that is too long for the socket leaves the error of the one before it to the socket", {
    rows: [54],
    needs: ["connect"],
    native: ["icmpErrors", "sendInTurn"],
  }, async (stage) => {
    const a = await stage.connected("a", 9);
    a.send("refused", stage.callback("first"));
    a.send(new Uint8Array(65_508), stage.callback("second"));
    await stage.seen("second called");
    await stage.seen("a 'error'");
  }),

  scenario("what two sockets send by turns is heard and called back in the order of the calls", {
    rows: [78],
    needs: ["sendInTurn"],
  }, async (stage) => {
    const c = await stage.bound("c");
    const a = await stage.bound("a");
    const b = await stage.bound("b");
    const { port } = c.address();
    for (
      const [socket, text] of [[a, "a1"], [b, "b1"], [a, "a2"], [a, "a3"], [b, "b2"], [b, "b3"], [a, "a4"]] as const
    ) {
      socket.send(text, port, HOST, stage.callback(text));
    }
    await stage.seen("called with", 7);
    await stage.quiet();
  }),

  scenario(
    "what a socket sends in the tick of another's send comes after both",
    { rows: [78], needs: ["sendInTurn"] },
    async (stage) => {
      const c = await stage.bound("c");
      const a = await stage.bound("a");
      const b = await stage.bound("b");
      const { port } = c.address();
      a.send("a1", port, HOST);
      process.nextTick(() => a.send("a3", port, HOST));
      b.send("b1", port, HOST);
      a.send("a2", port, HOST);
      process.nextTick(() => b.send("b2", port, HOST));
      await stage.quiet();
    },
  ),

  scenario(
    "a datagram to the peer does not overtake one to an address, though the socket is disconnected by its tick",
    {
      rows: [151],
      needs: ["connect", "sendInTurn"],
      deviates: {
        row: 151,
        expected: [
          "connectSync returned undefined",
          "disconnect returned undefined",
          "a 'connect'",
          "to the peer called with (null, 11) on undefined",
          "to an address called with (Error [EISCONN]: send EISCONN 127.0.0.1:<port c> { errno: -EISCONN, syscall: 'send', address: '127.0.0.1', port: <port c> }) on undefined",
          "b 'message' Buffer 'to the peer', { address: '127.0.0.1', family: 'IPv4', port: <port a>, size: 11 }",
        ],
      },
    },
    async (stage) => {
      const b = await stage.bound("b");
      const c = await stage.bound("c");
      const a = await stage.bound("a");
      process.nextTick(() => stage.call("disconnect", () => a.disconnect()));
      a.send("to an address", c.address().port, HOST, stage.callback("to an address"));
      stage.call("connectSync", () => a.connectSync(b.address().port, HOST));
      a.send("to the peer", stage.callback("to the peer"));
      await stage.seen("called with", 2);
      await stage.seen("b 'message'");
      await stage.quiet();
    },
  ),
];
