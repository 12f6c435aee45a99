/** bindSync() and connectSync(). */
import { BlockList } from "node:net";
import process from "node:process";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import { named } from "./odd_values.ts";

const ODD = [null, undefined, true, 5, "x", "", [], () => {}] as const;
const ODD_PORTS = [0, "0", 65_536, -1, 1.5, NaN, "x", "", " ", null, undefined, true, {}, [], 5n] as const;
const ODD_ADDRESSES = [null, undefined, "", 0, false, 5, true, {}, "localhost", "127.1", "::1", "x"] as const;

export const bindSyncScenarios: readonly Scenario[] = [
  scenario("bindSync() answers the address, and 'listening' comes on a tick", { rows: [48, 155] }, async (stage) => {
    const a = stage.socket("a");
    setImmediate(() => stage.note("immediate"));
    process.nextTick(() => stage.note("tick before"));
    queueMicrotask(() => stage.note("microtask"));
    stage.call("bindSync", () => a.bindSync({ address: "127.0.0.1" }));
    stage.call("address", () => a.address());
    process.nextTick(() => stage.note("tick after"));
    await stage.seen("immediate");
  }),

  scenario("bindSync() without options binds to every address", { rows: [48] }, async (stage) => {
    stage.call("bindSync", () => stage.socket("a").bindSync());
    await stage.settle();
    stage.call("bindSync", () => stage.socket("b").bindSync({}));
    await stage.settle();
  }),

  scenario("bindSync() of udp6 binds to every address", { rows: [48], ipv6: true }, async (stage) => {
    stage.call("bindSync", () => stage.socket("a", "udp6").bindSync());
    await stage.settle();
  }),

  scenario("a socket bound by bindSync() sends and receives", { rows: [48] }, async (stage) => {
    const a = stage.socket("a");
    const { port } = a.bindSync({ address: "127.0.0.1" });
    a.send("hello", port, "127.0.0.1", stage.callback("sent"));
    await stage.seen("a 'message'");
    await stage.seen("sent called");
  }),

  scenario("bindSync() takes a port", { rows: [48] }, async (stage) => {
    const port = await stage.freePort("given");
    stage.call("bindSync", () => stage.socket("a").bindSync({ port, address: "127.0.0.1" }));
    await stage.settle();
  }),

  scenario("bindSync() ignores fd and exclusive", { rows: [48] }, async (stage) => {
    stage.call("bindSync", () => stage.socket("a").bindSync({ address: "127.0.0.1", fd: 1, exclusive: false }));
    await stage.settle();
  }),

  scenario("close() in the turn of bindSync() keeps 'listening' away", { rows: [48] }, async (stage) => {
    const a = stage.socket("a");
    a.bindSync({ address: "127.0.0.1" });
    a.close(stage.callback("closed"));
    await stage.seen("closed called");
    await stage.settle();
  }),

  scenario("bindSync() takes an object", { rows: [49] }, async (stage) => {
    for (const options of ODD) {
      const a = stage.socket(`with ${named(options)}`);
      stage.call(`bindSync ${named(options)}`, () => a.bindSync(options), { as: (made) => typeof made });
    }
    await stage.settle();
  }),

  scenario("bindSync() checks its port", { rows: [49, 127] }, async (stage) => {
    for (const port of ODD_PORTS) {
      const a = stage.dgram.createSocket("udp4");
      stage.call(`port ${named(port)}`, () => a.bindSync({ port, address: "127.0.0.1" }), {
        as: (made) => typeof made,
      });
      a.close();
    }
    await stage.settle();
  }),

  scenario("bindSync() checks its address", { rows: [49, 136] }, async (stage) => {
    for (const address of ODD_ADDRESSES) {
      const a = stage.dgram.createSocket("udp4");
      stage.call(`address ${named(address)}`, () => a.bindSync({ address }), {
        as: (made) => made.address,
      });
      a.close();
    }
    await stage.settle();
  }),

  scenario("bindSync() makes its checks in one order", { rows: [49] }, async (stage) => {
    const closed = stage.socket("closed");
    closed.close();
    stage.call("closed", () => closed.bindSync(5));
    const bound = await stage.bound("bound");
    stage.call("not an object", () => bound.bindSync(5));
    stage.call("bound", () => bound.bindSync({ port: -1 }));
    const a = stage.socket("a");
    stage.call("port", () => a.bindSync({ port: -1, address: 5 }));
    stage.call("address", () => a.bindSync({ port: 1, address: 5 }));
    a.bind(0, "127.0.0.1");
    stage.call("binding", () => a.bindSync({ port: -1 }));
    await stage.settle();
  }),

  scenario("a bindSync() that fails throws and leaves the socket unbound", { rows: [49] }, async (stage) => {
    const a = await stage.bound("a");
    const b = stage.socket("b");
    b.on("error", () => {});
    const failed = (): unknown => b.bindSync({ port: a.address().port, address: "127.0.0.1" });
    stage.call("bindSync", failed);
    try {
      failed();
    } catch (error) {
      stage.keys("error", error);
    }
    stage.call("no such address", () => b.bindSync({ address: "192.0.2.77" }));
    stage.call("port as a string", () => b.bindSync({ port: String(a.address().port), address: "127.0.0.1" }));
    await stage.settle();
    stage.call("again", () => b.bindSync({ address: "127.0.0.1" }));
    await stage.settle();
  }),

  scenario("bindSync() to an address of the other family throws", { rows: [37, 49] }, (stage) => {
    stage.call("udp4", () => stage.socket("a").bindSync({ address: "::1" }));
    stage.call("udp6", () => stage.socket("b", "udp6").bindSync({ address: "127.0.0.1" }));
  }),

  scenario("bindSync() asks no look-up", { rows: [48] }, async (stage) => {
    const a = stage.socket("a", { type: "udp4", lookup: stage.callback("lookup") });
    stage.call("bindSync", () => a.bindSync({ address: "127.0.0.1" }));
    await stage.settle();
  }),
];

export const connectSyncScenarios: readonly Scenario[] = [
  scenario("connectSync() on an unbound socket binds and connects it in the call", {
    rows: [63, 156],
    needs: ["connect"],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    setImmediate(() => stage.note("immediate"));
    process.nextTick(() => stage.note("tick before"));
    stage.call("connectSync", () => a.connectSync(peer.address().port, "127.0.0.1"));
    stage.call("address", () => a.address());
    stage.call("remoteAddress", () => a.remoteAddress());
    process.nextTick(() => stage.note("tick after"));
    await stage.seen("immediate");
    a.send("hello", stage.callback("sent"));
    await stage.seen("peer 'message'");
  }),

  scenario("connectSync() on a bound socket connects it", { rows: [63], needs: ["connect"] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    stage.call("connectSync", () => a.connectSync(peer.address().port, "127.0.0.1"));
    stage.call("remoteAddress", () => a.remoteAddress());
    await stage.settle();
  }),

  scenario(
    "connectSync() goes to the loopback address by default",
    { rows: [63], needs: ["connect"] },
    async (stage) => {
      const peer = await stage.bound("peer");
      for (const [index, address] of [undefined, null, ""].entries()) {
        const a = stage.socket(`a${index}`);
        stage.call(`address ${named(address)}`, () => a.connectSync(peer.address().port, address));
        stage.call("remoteAddress", () => a.remoteAddress());
      }
      await stage.settle();
    },
  ),

  scenario("connectSync() of udp6 goes to ::1 by default", { rows: [63], ipv6: true, needs: ["connect"] }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer", "udp6");
    const a = stage.socket("a", "udp6");
    stage.call("connectSync", () => a.connectSync(peer.address().port));
    stage.call("remoteAddress", () => a.remoteAddress());
    await stage.settle();
  }),

  scenario("connectSync() checks its port", { rows: [63] }, async (stage) => {
    const a = await stage.bound("a");
    for (const port of ODD_PORTS) {
      stage.call(`port ${named(port)}`, () => a.connectSync(port));
    }
    await stage.settle();
  }),

  scenario("connectSync() checks its address", { rows: [63] }, async (stage) => {
    const a = await stage.bound("a");
    for (const address of [0, false, 5, true, {}, [], () => {}, 1n, "localhost", "127.1", "x"]) {
      stage.call(`address ${named(address)}`, () => a.connectSync(5, address));
    }
    await stage.settle();
  }),

  scenario("connectSync() shows 128 characters of an address that is refused", { rows: [63] }, async (stage) => {
    const a = await stage.bound("a");
    // With its quotes: one more than fits.
    for (const length of [125, 126, 127]) {
      stage.call(`${length} characters`, () => a.connectSync(5, "x".repeat(length)));
    }
    await stage.settle();
  }),

  scenario("connectSync() makes its checks in one order", { rows: [63], needs: ["connect"] }, async (stage) => {
    const peer = await stage.bound("peer");
    const { port } = peer.address();
    const closed = stage.socket("closed");
    closed.close();
    stage.call("closed", () => closed.connectSync(-1));
    const connected = await stage.connected("connected", port);
    stage.call("port", () => connected.connectSync(-1, 5));
    stage.call("connected", () => connected.connectSync(port, 5));
    const a = stage.socket("a");
    a.bind(0, "127.0.0.1");
    stage.call("address", () => a.connectSync(port, 5));
    stage.call("name", () => a.connectSync(port, "localhost"));
    stage.call("binding", () => a.connectSync(port, "127.0.0.1"));
    await stage.settle();
  }),

  scenario("a blocked connectSync() throws", { rows: [58, 63] }, async (stage) => {
    const sendBlockList = new BlockList();
    sendBlockList.addAddress("127.0.0.1");
    const a = stage.socket("a", { type: "udp4", sendBlockList });
    stage.call("connectSync", () => a.connectSync(5, "127.0.0.1"));
    stage.call("address", () => a.address());
    stage.call("remoteAddress", () => a.remoteAddress());
    await stage.settle();
  }),

  scenario(
    "a connectSync() that fails throws and leaves the socket bound",
    { rows: [57, 63], addresses: ["255.255.255.255"], needs: ["connect"] },
    async (
      stage,
    ) => {
      const a = stage.socket("a");
      const failed = (): unknown => a.connectSync(5, "255.255.255.255");
      stage.call("connectSync", failed);
      try {
        failed();
      } catch (error) {
        stage.keys("error", error);
      }
      stage.call("other family", () => a.connectSync(5, "::1"));
      stage.call("address", () => a.address());
      stage.call("remoteAddress", () => a.remoteAddress());
      await stage.settle();
      const peer = await stage.bound("peer");
      stage.call("again", () => a.connectSync(peer.address().port));
      await stage.settle();
    },
  ),

  scenario("close() in the turn of connectSync() keeps 'connect' away", { rows: [56, 63], needs: ["connect"] }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    a.connectSync(peer.address().port);
    a.close();
    await stage.seen("a 'close'");
    await stage.settle();
  }),
];
