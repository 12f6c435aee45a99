/** connect() that fails, and what is left of the socket then. */
import { BlockList } from "node:net";
import process from "node:process";
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import { named } from "./odd_values.ts";

/** The broadcast address is refused by connect(2). */
const REFUSED = "255.255.255.255";

export const connectFailureScenarios: readonly Scenario[] = [
  scenario("a refused connect() tells its callback and not 'error'", {
    rows: [23, 54, 57],
    addresses: ["255.255.255.255"],
    needs: ["connect"],
  }, async (
    stage,
  ) => {
    const a = stage.socket("a");
    const cb = stage.callback("cb", (error: Error) => stage.keys("error", error));
    stage.call("connect", () => a.connect(5, REFUSED, cb));
    await stage.seen("error has the keys");
    await stage.settle();
    stage.call("remoteAddress", () => a.remoteAddress());
    stage.note("listeners", a.listenerCount("connect"));
    const peer = await stage.bound("peer");
    stage.call("again", () => a.connect(peer.address().port, stage.callback("second")));
    await stage.seen("second called");
  }),

  scenario("a refused connect() without a callback tells 'error'", {
    rows: [23, 54, 57],
    addresses: ["255.255.255.255"],
    needs: ["connect"],
  }, async (
    stage,
  ) => {
    const a = stage.socket("a");
    stage.call("connect", () => a.connect(5, REFUSED));
    await stage.seen("a 'error'");
    const peer = await stage.bound("peer");
    stage.call("again", () => a.connect(peer.address().port));
    await stage.seen("a 'connect'");
  }),

  scenario("a refused connect() without anyone to tell reaches the process", {
    rows: [54],
    addresses: ["255.255.255.255"],
    needs: ["connect"],
  }, async (
    stage,
  ) => {
    const a = stage.socket("a", "udp4", undefined, { unheard: ["error"] });
    a.connect(5, REFUSED);
    await stage.seen("uncaughtException");
  }),

  scenario("connect() to a literal of the other family fails in connect(2)", { rows: [57], needs: ["connect"] }, async (
    stage,
  ) => {
    const a = stage.socket("a");
    a.connect(1, "::1", stage.callback("cb"));
    await stage.seen("cb called");
  }),

  scenario("the callback of a refused connect() comes on a tick", {
    rows: [54],
    addresses: ["255.255.255.255"],
    needs: ["connect"],
  }, async (stage) => {
    const a = await stage.bound("a");
    process.nextTick(() => stage.note("tick before"));
    a.connect(5, REFUSED, stage.callback("cb"));
    process.nextTick(() => stage.note("tick after"));
    setImmediate(() => stage.note("immediate"));
    await stage.seen("immediate");
  }),

  scenario("connect() to a name without an address tells its callback", { rows: [23, 54, 151] }, async (stage) => {
    const a = stage.socket("a");
    stage.call("connect", () => a.connect(5, "a..b", stage.callback("cb")));
    await stage.seen("cb called");
    await stage.settle();
  }),

  scenario(
    "a callback of connect() that is no function throws when its turn comes",
    { rows: [55], needs: ["connect"] },
    async (
      stage,
    ) => {
      const peer = await stage.bound("peer");
      const a = stage.socket("a");
      stage.call("unbound", () => a.connect(peer.address().port, "127.0.0.1", "no function"));
      await stage.settle();
      const b = await stage.bound("b");
      stage.call("bound", () => b.connect(peer.address().port, "127.0.0.1", {}));
      await stage.settle();
      const c = await stage.bound("c");
      for (const [index, callback] of [null, 0, "", false].entries()) {
        stage.call(`falsy ${named(callback)}`, () => c.connect(peer.address().port, "127.0.0.1", callback));
        await stage.seen("c 'connect'", index + 1);
        c.disconnect();
      }
    },
  ),

  scenario(
    "a blocked connect() tells its callback, or 'error'",
    { rows: [58, 139], addresses: ["127.0.0.2"], needs: ["connect"] },
    async (stage) => {
      const sendBlockList = new BlockList();
      sendBlockList.addAddress("127.0.0.1");
      const a = stage.socket("a", { type: "udp4", sendBlockList });
      a.connect(5, "127.0.0.1", stage.callback("cb", (error: Error) => stage.keys("error", error)));
      await stage.seen("error has the keys");
      stage.call("remoteAddress", () => a.remoteAddress());
      a.connect(5);
      await stage.seen("a 'error'");
      stage.call("to another address", () => a.connect(5, "127.0.0.2"));
      await stage.seen("a 'connect'");
    },
  ),

  scenario("a connect() whose implicit bind fails leaves the socket as it was", {
    rows: [24],
    needs: ["connect"],
    deviates: {
      row: 24,
      expected: [
        "connect returned undefined",
        "a 'error' Error [ENOHOST]: no local host",
        "remoteAddress threw Error [ERR_SOCKET_DGRAM_NOT_CONNECTED]: Not connected",
        "again returned undefined",
        "a 'listening'",
        "a 'connect'",
        "second called with () on <socket a>",
      ],
    },
  }, async (stage) => {
    const peer = await stage.bound("peer");
    let failing = true;
    const a = stage.socket("a", {
      type: "udp4",
      lookup: (name: string, _: number, done: (error: Error | null, address?: string) => void) => {
        const error = failing ? Object.assign(new Error("no local host"), { code: "ENOHOST" }) : null;
        failing = false;
        setImmediate(() => done(error, name));
      },
    });
    stage.call("connect", () => a.connect(peer.address().port, "127.0.0.1", stage.callback("first")));
    await stage.seen("a 'error'");
    await stage.settle();
    stage.call("remoteAddress", () => a.remoteAddress());
    stage.call("again", () => a.connect(peer.address().port, "127.0.0.1", stage.callback("second")));
    await stage.quiet();
  }),

  scenario("a connect() that a closed socket refuses may be refused again", {
    rows: [26],
    deviates: {
      row: 26,
      expected: [
        "connect threw Error [ERR_SOCKET_DGRAM_NOT_RUNNING]: Not running",
        "again threw Error [ERR_SOCKET_DGRAM_NOT_RUNNING]: Not running",
        "a 'close'",
      ],
    },
  }, async (stage) => {
    const a = stage.socket("a");
    a.close();
    stage.call("connect", () => a.connect(5, "127.0.0.1"));
    stage.call("again", () => a.connect(5, "127.0.0.1"));
    await stage.seen("a 'close'");
  }),
];
