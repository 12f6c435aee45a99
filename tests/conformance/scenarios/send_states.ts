/** send() while the socket connects or closes. */
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";

const HOST = "127.0.0.1";

export const sendStateScenarios: readonly Scenario[] = [
  scenario("send() while connecting needs a port and fails, since the connect comes first", {
    rows: [87],
    needs: ["connect"],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const { port } = peer.address();
    const a = stage.socket("a");
    a.connect(port, HOST, stage.callback("connect"));
    stage.call("without a port", () => a.send("x", () => {}));
    stage.call("with a port", () => a.send("x", port, HOST, stage.callback("cb")));
    await stage.seen("cb called");
    await stage.quiet();
  }),

  scenario(
    "send() on a bound socket that is connecting fails, too",
    { rows: [87], needs: ["connect"] },
    async (stage) => {
      const peer = await stage.bound("peer");
      const other = await stage.bound("other");
      const a = await stage.bound("a");
      a.connect(peer.address().port, HOST, stage.callback("connect"));
      stage.call("to the peer", () => a.send("x", peer.address().port, HOST, stage.callback("to the peer")));
      stage.call("to another", () => a.send("x", other.address().port, HOST, stage.callback("to another")));
      a.send("x", other.address().port, HOST);
      await stage.seen("to another called");
      await stage.quiet();
    },
  ),

  scenario("a datagram sent in the turn of connect() before it still arrives where it was sent to", {
    rows: [78, 87],
    needs: ["connect", "sendInTurn"],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const other = await stage.bound("other");
    const a = await stage.bound("a");
    a.send("first", other.address().port, HOST, stage.callback("first"));
    a.connect(peer.address().port, HOST, stage.callback("connect", () => a.send("second", stage.callback("second"))));
    await stage.seen("peer 'message'");
    await stage.quiet();
  }),

  scenario("send(); close() sends the datagram and calls back before 'close'", {
    rows: [88],
    deviates: {
      row: 88,
      expected: [
        "cb called with (null, 1) on undefined",
        "a 'close'",
        "peer 'message' Buffer 'x', { address: '127.0.0.1', family: 'IPv4', port: <port a>, size: 1 }",
      ],
    },
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    a.send("x", peer.address().port, HOST, stage.callback("cb"));
    a.close();
    await stage.seen("a 'close'");
    await stage.quiet();
  }),

  scenario("send(); close() on an unbound socket sends the datagram and calls back before 'close'", {
    rows: [88, 106],
    deviates: {
      row: 88,
      expected: [
        "close returned <socket a>",
        "a 'listening'",
        "cb called with (null, 1) on undefined",
        "a 'close'",
        "closed called with () on <socket a>",
        "peer 'message' Buffer 'x', { address: '127.0.0.1', family: 'IPv4', port: <port a>, size: 1 }",
      ],
    },
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    a.on("listening", () => stage.name(a.address().port, "port a"));
    a.send("x", peer.address().port, HOST, stage.callback("cb"));
    stage.call("close", () => a.close(stage.callback("closed")));
    await stage.seen("a 'close'");
    await stage.quiet();
  }),

  scenario("send(); close() on a connected socket sends the datagram and calls back before 'close'", {
    rows: [88],
    needs: ["connect"],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.connected("a", peer.address().port);
    a.send("x", stage.callback("cb"));
    a.send("y");
    a.close(stage.callback("closed"));
    await stage.seen("closed called");
    await stage.quiet();
  }),
];
