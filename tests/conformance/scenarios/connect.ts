/** connect(): its forms, its checks and its order. */
import process from "node:process";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import { named } from "./odd_values.ts";

const ODD_PORTS = [0, "0", 65_536, -1, 1.5, NaN, "x", "", " ", null, undefined, true, {}, [], 5n, () => {}] as const;

export const connectScenarios: readonly Scenario[] = [
  scenario("connect() on an unbound socket binds and connects it", { rows: [50, 56, 148], needs: ["connect"] }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    stage.call("connect", () => a.connect(peer.address().port, "127.0.0.1", stage.callback("cb")));
    await stage.seen("cb called");
    stage.call("address", () => a.address());
    stage.call("remoteAddress", () => a.remoteAddress());
  }),

  scenario("connect() takes a port alone, or a port and a callback", { rows: [50, 51], needs: ["connect"] }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    stage.call("connect", () => a.connect(peer.address().port));
    await stage.seen("a 'connect'");
    stage.call("remoteAddress", () => a.remoteAddress());
    const b = stage.socket("b");
    stage.call("connect", () => b.connect(peer.address().port, stage.callback("cb")));
    await stage.seen("cb called");
    stage.call("remoteAddress", () => b.remoteAddress());
  }),

  scenario(
    "connect() of udp6 goes to ::1 by default",
    { rows: [51], ipv6: true, needs: ["connect"] },
    async (stage) => {
      const peer = await stage.bound("peer", "udp6");
      const a = stage.socket("a", "udp6");
      a.connect(peer.address().port, stage.callback("cb"));
      await stage.seen("cb called");
      stage.call("remoteAddress", () => a.remoteAddress());
      stage.call("address", () => a.address());
    },
  ),

  scenario(
    "connect() to localhost goes to its address of the socket's family",
    { rows: [51], needs: ["connect"] },
    async (
      stage,
    ) => {
      const peer = await stage.bound("peer");
      const a = stage.socket("a");
      a.connect(peer.address().port, "localhost");
      await stage.seen("a 'connect'");
      stage.call("remoteAddress", () => a.remoteAddress());
    },
  ),

  scenario("connect() takes a string of digits as its port", { rows: [50], needs: ["connect"] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    a.connect(String(peer.address().port), "127.0.0.1");
    await stage.seen("a 'connect'");
    stage.call("remoteAddress", () => a.remoteAddress());
  }),

  scenario("connect() checks its port", { rows: [50, 127] }, async (stage) => {
    const a = stage.socket("a");
    for (const port of ODD_PORTS) {
      stage.call(`port ${named(port)}`, () => a.connect(port, "127.0.0.1"));
    }
    await stage.settle();
  }),

  scenario("connect() checks its address", { rows: [51] }, async (stage) => {
    const a = stage.socket("a");
    for (const address of [null, 0, 5, false, true, {}, [], 1n]) {
      stage.call(`address ${named(address)}`, () => a.connect(5, address));
    }
    await stage.settle();
  }),

  scenario("connect() makes its checks in one order", { rows: [52], needs: ["connect"] }, async (stage) => {
    const peer = await stage.bound("peer");
    const { port } = peer.address();
    const a = await stage.connected("a", port);
    stage.call("port", () => a.connect(-1, 5));
    stage.call("address", () => a.connect(port, 5));
    stage.call("connected", () => a.connect(port));
    const b = stage.socket("b");
    b.close();
    stage.call("port of a closed one", () => b.connect(-1, 5));
    stage.call("address of a closed one", () => b.connect(port, 5));
    stage.call("closed", () => b.connect(port));
    await stage.settle();
  }),

  scenario("connect() while connecting throws", { rows: [52], needs: ["connect"] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    a.connect(peer.address().port, stage.callback("first"));
    stage.call("again", () => a.connect(peer.address().port, stage.callback("second")));
    await stage.seen("first called");
    await stage.settle();
  }),

  scenario("connect() while binding waits for 'listening'", { rows: [53], needs: ["connect"] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    a.bind(0, "127.0.0.1", stage.callback("bound"));
    a.connect(peer.address().port, "127.0.0.1", stage.callback("connected"));
    await stage.seen("connected called");
    stage.call("address", () => a.address());
  }),

  scenario("'connect' comes on a tick after the state is set", { rows: [56], needs: ["connect"] }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    setImmediate(() => stage.note("immediate"));
    process.nextTick(() => stage.note("tick before", remote(a)));
    stage.call("connect", () => a.connect(peer.address().port, "127.0.0.1", stage.callback("cb")));
    stage.note("end of the turn", remote(a));
    process.nextTick(() => stage.note("tick after", remote(a)));
    await stage.seen("immediate");
  }),

  scenario("a listener of 'connect' from before connect() runs before the callback", {
    rows: [54, 56],
    needs: ["connect"],
  }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    a.on("connect", stage.callback("before"));
    a.connect(peer.address().port, stage.callback("cb"));
    a.on("connect", stage.callback("after"));
    await stage.seen("cb called");
    await stage.settle();
    stage.note("listeners", a.listenerCount("connect"));
  }),

  scenario(
    "connect() emits 'connect' although the socket was closed in between",
    { rows: [56], needs: ["connect"] },
    async (
      stage,
    ) => {
      const peer = await stage.bound("peer");
      const a = await stage.bound("a");
      a.connect(peer.address().port, "127.0.0.1", stage.callback("cb"));
      process.nextTick(() => stage.call("close", () => a.close(stage.callback("closed"))));
      await stage.seen("closed called");
      await stage.settle();
    },
  ),

  scenario(
    "close() in the turn of connect() keeps 'connect' and the callback away",
    { rows: [59], needs: ["connect"] },
    async (
      stage,
    ) => {
      const peer = await stage.bound("peer");
      const a = stage.socket("a");
      a.connect(peer.address().port, stage.callback("connected"));
      a.close(stage.callback("closed"));
      await stage.seen("closed called");
      await stage.settle();
    },
  ),

  scenario("close() after connect() on a bound socket keeps 'connect' away", { rows: [59], needs: ["connect"] }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer");
    const a = await stage.bound("a");
    a.connect(peer.address().port, stage.callback("connected"));
    a.close(stage.callback("closed"));
    await stage.seen("closed called");
    await stage.settle();
  }),
];

function remote(socket: { [member: string]: unknown }): string {
  try {
    (socket.remoteAddress as () => unknown)();
    return "connected";
  } catch {
    return "not connected";
  }
}
