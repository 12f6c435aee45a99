/** What a closed port does to a connected socket, and does not to an unconnected one. */
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import { burst } from "./burst.ts";

const HOST = "127.0.0.1";

export const receiveErrorScenarios: readonly Scenario[] = [
  scenario("a connected socket's error on a closed port is an 'error' and the socket goes on", {
    rows: [102, 103],
    needs: ["connect", "icmpErrors"],
  }, async (stage) => {
    const a = await stage.connected("a", await stage.freePort("closed"));
    a.on("error", (error: Error) => stage.keys("error", error));
    a.send("x", stage.callback("cb"));
    await stage.seen("a 'error'");
    stage.call("address", () => a.address());
    a.send("y", stage.callback("cb again"));
    await stage.seen("a 'error'", 2);
    await stage.quiet();
  }),

  scenario("a connected socket's error without a listener reaches the process", {
    rows: [102],
    needs: ["connect", "icmpErrors"],
  }, async (stage) => {
    const a = await stage.connected("a", await stage.freePort("closed"), "udp4", { unheard: ["error"] });
    a.send("x", stage.callback("cb"));
    await stage.seen("uncaughtException");
    await stage.quiet();
    stage.call("remote", () => a.remoteAddress());
  }),

  scenario("the error of a closed port meets the next datagram of a burst", {
    rows: [103],
    needs: ["connect", "icmpErrors"],
  }, async (stage) => {
    const a = await stage.connected("a", await stage.freePort("closed"));
    a.send("one", stage.callback("one"));
    a.send("two", stage.callback("two"));
    a.send("three", stage.callback("three"));
    await stage.seen("three called");
    await stage.seen("a 'error'");
    await stage.quiet();
  }),

  scenario("an unconnected socket does not hear that a port is closed", { rows: [102] }, async (stage) => {
    const peer = await stage.bound("peer");
    const closed = await stage.freePort("closed");
    const a = await stage.bound("a");
    for (let i = 0; i < 5; i++) {
      a.send("lost", closed, HOST, stage.callback(`closed ${i}`));
      await stage.seen(`closed ${i} called`);
      a.send(`m${i}`, peer.address().port, HOST, stage.callback(`peer ${i}`));
      await stage.seen(`peer ${i} called`);
    }
    await stage.seen("peer 'message'", 5);
    await stage.quiet();
  }),

  scenario("a closed port costs no datagram of one turn", { rows: [102] }, async (stage) => {
    const peer = await stage.bound("peer");
    const closed = await stage.freePort("closed");
    const a = await stage.bound("a");
    for (let i = 0; i < 5; i++) {
      a.send("lost", closed, HOST, stage.callback(`closed ${i}`));
      a.send(`m${i}`, peer.address().port, HOST, stage.callback(`peer ${i}`));
    }
    await stage.seen("peer 'message'", 5);
    await stage.seen("called", 10);
    await stage.quiet();
  }),

  scenario("an answer to a closed port from within a listener harms nothing", { rows: [102] }, async (stage) => {
    let closed = 0;
    const a = await stage.bound("a");
    const b = await stage.bound("b", "udp4", () => b.send("lost", closed, HOST));
    // Freed before, it could have been given to one of them.
    closed = await stage.freePort("closed");
    burst(a, b, 3);
    await stage.seen("b 'message'", 3);
    await stage.quiet();
    burst(a, b, 3);
    await stage.seen("b 'message'", 6);
    await stage.quiet();
  }),
];
