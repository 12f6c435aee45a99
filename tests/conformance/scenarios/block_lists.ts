/** net.BlockList in sends and receives. */
import { BlockList } from "node:net";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";

const HOST = "127.0.0.1";

/** One that has nothing, and throws as often as is said. */
function throwing(times: number): BlockList {
  const list = new BlockList();
  list.check = () => {
    if (times-- > 0) throw new Error("of the list");
    return false;
  };
  return list;
}

function blocking(address: string, family: "ipv4" | "ipv6" = "ipv4"): BlockList {
  const list = new BlockList();
  list.addAddress(address, family);
  return list;
}

export const blockListScenarios: readonly Scenario[] = [
  scenario("send() to a blocked address calls back with an error", { rows: [86, 139] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a", { type: "udp4", sendBlockList: blocking(HOST) });
    stage.call("send", () =>
      a.send("x", peer.address().port, HOST, (...args: [Error]) => {
        stage.note("arguments", ...args);
        stage.keys("error", args[0]);
      }));
    await stage.seen("arguments");
    await stage.quiet();
  }),

  scenario("the callback of a blocked send() comes within the ticks that follow", { rows: [86] }, async (stage) => {
    const a = await stage.bound("a", { type: "udp4", sendBlockList: blocking(HOST) });
    setImmediate(() => stage.note("immediate"));
    a.send("x", 9, HOST, stage.callback("cb"));
    queueMicrotask(() => stage.note("microtask"));
    stage.note("end of the turn");
    await stage.seen("immediate");
  }),

  scenario("a blocked send() without a callback is not told", { rows: [86] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a", { type: "udp4", sendBlockList: blocking(HOST) });
    stage.call("send", () => a.send("x", peer.address().port, HOST));
    await stage.quiet();
  }),

  scenario("send() without an address is blocked by the default one", { rows: [72, 86] }, async (stage) => {
    const a = await stage.bound("a", { type: "udp4", sendBlockList: blocking(HOST) });
    a.send("x", 9, stage.callback("cb"));
    await stage.seen("cb called");
  }),

  scenario("send() on an unbound socket is blocked when it is bound", { rows: [75, 86] }, async (stage) => {
    const a = stage.socket("a", { type: "udp4", sendBlockList: blocking(HOST) });
    a.send("x", 9, HOST, stage.callback("cb"));
    await stage.seen("cb called");
  }),

  scenario("what the look-up answers is blocked, not the name", { rows: [86] }, async (stage) => {
    const lookup = (name: string, _: number, done: (error: null, address: string) => void): void =>
      done(null, name === "blocked.name" ? "10.1.2.3" : HOST);
    const peer = await stage.bound("peer");
    const a = await stage.bound("a", { type: "udp4", lookup, sendBlockList: blocking("10.1.2.3") });
    a.send("x", peer.address().port, "blocked.name", stage.callback("blocked"));
    a.send("y", peer.address().port, "10.1.2.3", stage.callback("not blocked"));
    await stage.seen("peer 'message'");
    await stage.seen("blocked called");
    await stage.quiet();
  }),

  scenario("ranges and subnets are blocked, too, and an address added later", { rows: [86] }, async (stage) => {
    const list = new BlockList();
    list.addRange("10.0.0.1", "10.0.0.5");
    list.addSubnet("172.16.0.0", 12);
    const peer = await stage.bound("peer");
    const a = await stage.bound("a", { type: "udp4", sendBlockList: list });
    a.send("x", 9, "10.0.0.3", stage.callback("range"));
    a.send("x", 9, "172.20.1.1", stage.callback("subnet"));
    a.send("x", peer.address().port, HOST, stage.callback("before"));
    await stage.seen("peer 'message'");
    list.addAddress(HOST);
    a.send("x", peer.address().port, HOST, stage.callback("after"));
    await stage.seen("after called");
    await stage.quiet();
  }),

  scenario("an address that is blocked after send(), in the same turn, is blocked", { rows: [86] }, async (stage) => {
    const list = new BlockList();
    const a = await stage.bound("a", { type: "udp4", sendBlockList: list });
    a.send("x", 9, HOST, stage.callback("cb"));
    list.addAddress(HOST);
    await stage.seen("cb called");
  }),

  scenario("a send block list that throws fails the send(), and no other", {
    rows: [86],
    deviates: {
      row: 149,
      expected: [
        "first called with (Error: of the list) on undefined",
        "second called with (null, 1) on undefined",
        "peer 'message' Buffer 'y', { address: '127.0.0.1', family: 'IPv4', port: <port a>, size: 1 }",
      ],
    },
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a", { type: "udp4", sendBlockList: throwing(1) });
    a.send("x", peer.address().port, HOST, stage.callback("first"));
    a.send("y", peer.address().port, HOST, stage.callback("second"));
    await stage.seen("second called");
    await stage.seen("peer 'message'");
    await stage.settle();
  }),

  scenario("a send block list that throws is an 'error' where a send() has no callback", {
    rows: [86],
    deviates: { row: 149, expected: ["a 'error' Error: of the list"] },
  }, async (stage) => {
    const a = await stage.bound("a", { type: "udp4", sendBlockList: throwing(1) });
    a.send("x", 9, HOST);
    await stage.quiet();
  }),

  scenario("a send block list that throws fails the connect(), which may be called again", {
    rows: [54],
    needs: ["connect"],
    deviates: {
      row: 149,
      expected: [
        "first called with (Error: of the list) on undefined",
        "again returned undefined",
        "a 'connect'",
        "second called with () on <socket a>",
      ],
    },
  }, async (stage) => {
    const a = await stage.bound("a", { type: "udp4", sendBlockList: throwing(1) });
    a.connect(9, HOST, stage.callback("first"));
    await stage.quiet();
    stage.call("again", () => a.connect(9, HOST, stage.callback("second")));
    await stage.quiet();
  }),

  scenario("connectSync() throws what a send block list throws, and may be called again", {
    rows: [54],
    needs: ["connect"],
    deviates: {
      row: 149,
      expected: ["first threw Error: of the list", "again returned undefined", "a 'connect'"],
    },
  }, async (stage) => {
    const a = await stage.bound("a", { type: "udp4", sendBlockList: throwing(1) });
    stage.call("first", () => a.connectSync(9, HOST));
    stage.call("again", () => a.connectSync(9, HOST));
    await stage.quiet();
  }),

  scenario("what a receive block list throws reaches the process, and the next datagram arrives", {
    rows: [101],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a", { type: "udp4", receiveBlockList: throwing(1) });
    for (const text of ["x", "y"]) peer.send(text, a.address().port, HOST);
    await stage.seen("a 'message'");
    await stage.seen("uncaughtException");
    await stage.quiet();
  }),

  scenario("udp6 is blocked by IPv6 addresses", { rows: [86], ipv6: true }, async (stage) => {
    const a = await stage.bound("a", { type: "udp6", sendBlockList: blocking("::1", "ipv6") });
    a.send("x", 9, "::1", stage.callback("cb"));
    await stage.seen("cb called");
    a.send("x", 9, "0:0:0:0:0:0:0:1", stage.callback("long form"));
    await stage.seen("long form called");
  }),

  scenario("an IPv4 address blocks its mapped form", { rows: [86], ipv6: true }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a", { type: "udp6", sendBlockList: blocking(HOST) });
    a.bind(0);
    await stage.seen("a 'listening'");
    a.send("x", peer.address().port, `::ffff:${HOST}`, stage.callback("cb"));
    await stage.seen("cb called");
    await stage.quiet();
  }),

  scenario("a blocked datagram does not stop the others of its turn", { rows: [86] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a", { type: "udp4", sendBlockList: blocking("127.0.0.2") });
    const { port } = peer.address();
    a.send("one", port, HOST, stage.callback("one"));
    a.send("blocked", port, "127.0.0.2", stage.callback("blocked"));
    a.send("two", port, HOST, stage.callback("two"));
    await stage.seen("peer 'message'", 2);
    await stage.seen("called", 3);
  }),

  scenario("a connected socket's sends are not blocked by an address added later", {
    rows: [58, 86],
    needs: ["connect"],
  }, async (stage) => {
    const list = new BlockList();
    const peer = await stage.bound("peer");
    const a = await stage.connected("a", peer.address().port, { type: "udp4", sendBlockList: list });
    list.addAddress(HOST);
    a.send("x", stage.callback("cb"));
    await stage.seen("peer 'message'");
    await stage.seen("cb called");
  }),

  scenario("a scope takes no address past a block list", { rows: [58, 86], ipv6: true }, async (stage) => {
    const list = blocking("::1", "ipv6");
    list.addSubnet("fe80::", 10, "ipv6");
    const a = await stage.bound("a", { type: "udp6", sendBlockList: list });
    for (const address of ["::1", "::1%lo", "fe80::1", "fe80::1%lo"]) {
      a.send("x", 9, address, stage.callback(address));
      await stage.seen(`${address} called`);
    }
    a.connect(9, "::1%lo", stage.callback("connect"));
    await stage.seen("connect called");
  }),

  scenario("datagrams from a blocked address are dropped", { rows: [101], addresses: ["127.0.0.2"] }, async (stage) => {
    const good = await stage.bound("good");
    const bad = stage.socket("bad");
    bad.bind(0, "127.0.0.2");
    await stage.seen("bad 'listening'");
    const a = await stage.bound("a", { type: "udp4", receiveBlockList: blocking("127.0.0.2") });
    const { port } = a.address();
    good.send("one", port, HOST, stage.callback("one"));
    await stage.seen("one called");
    bad.send("blocked", port, HOST, stage.callback("blocked"));
    await stage.seen("blocked called");
    good.send("two", port, HOST, stage.callback("two"));
    await stage.seen("a 'message'", 2);
    await stage.quiet();
  }),

  scenario("an address that is blocked later is dropped from then on", { rows: [101] }, async (stage) => {
    const list = new BlockList();
    const peer = await stage.bound("peer");
    const a = await stage.bound("a", { type: "udp4", receiveBlockList: list });
    peer.send("before", a.address().port, HOST);
    await stage.seen("a 'message'");
    list.addAddress(HOST);
    peer.send("after", a.address().port, HOST, stage.callback("after"));
    await stage.seen("after called");
    await stage.quiet();
  }),

  scenario(
    "a dual-stack socket drops the mapped form of a blocked IPv4 address",
    { rows: [96, 101], ipv6: true },
    async (
      stage,
    ) => {
      const peer = await stage.bound("peer");
      const a = stage.socket("a", { type: "udp6", receiveBlockList: blocking(HOST) });
      a.bind(0);
      await stage.seen("a 'listening'");
      peer.send("x", a.address().port, HOST, stage.callback("cb"));
      await stage.seen("cb called");
      await stage.quiet();
    },
  ),

  scenario("udp6 drops datagrams from a blocked address", { rows: [101], ipv6: true }, async (stage) => {
    const peer = await stage.bound("peer", "udp6");
    const a = await stage.bound("a", { type: "udp6", receiveBlockList: blocking("::1", "ipv6") });
    peer.send("x", a.address().port, "::1", stage.callback("cb"));
    await stage.seen("cb called");
    await stage.quiet();
  }),

  scenario("a receive list does not block sends, nor a send list receives", { rows: [86, 101] }, async (stage) => {
    const a = await stage.bound("a", { type: "udp4", receiveBlockList: blocking(HOST) });
    const b = await stage.bound("b", { type: "udp4", sendBlockList: blocking(HOST) });
    a.send("x", b.address().port, HOST, stage.callback("a"));
    await stage.seen("b 'message'");
    b.send("y", a.address().port, HOST, stage.callback("b"));
    await stage.seen("b called");
    await stage.quiet();
  }),
];
