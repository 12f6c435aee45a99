/** What a connection changes, disconnect() and remoteAddress(). */
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";

export const disconnectScenarios: readonly Scenario[] = [
  scenario("a connected socket hears its peer alone", { rows: [62], needs: ["connect"] }, async (stage) => {
    const peer = await stage.bound("peer");
    const stranger = await stage.bound("stranger");
    const a = await stage.connected("a", peer.address().port);
    const { port } = a.address();
    stranger.send("from a stranger", port, "127.0.0.1", stage.callback("stranger's"));
    await stage.seen("stranger's called");
    peer.send("from the peer", port, "127.0.0.1", stage.callback("peer's"));
    await stage.seen("a 'message'");
    await stage.quiet();
  }),

  scenario("connect() makes the local address concrete, and disconnect() undoes it", {
    rows: [27, 62],
    needs: ["connect"],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const port = await stage.freePort("own");
    const a = stage.socket("a");
    a.bind(port);
    await stage.seen("a 'listening'");
    stage.call("bound", () => a.address());
    a.connect(peer.address().port, "127.0.0.1");
    await stage.seen("a 'connect'");
    stage.call("connected", () => a.address());
    stage.call("disconnect", () => a.disconnect());
    stage.call("disconnected", () => a.address());
    stage.call("remoteAddress", () => a.remoteAddress());
    await stage.settle();
  }),

  scenario("disconnect() gives up a port that the system chose", {
    rows: [27],
    native: ["connect"],
    linux: "other kernels leave a disconnected socket its port",
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a");
    a.connect(peer.address().port, "127.0.0.1");
    await stage.seen("a 'connect'");
    stage.call("connected", () => a.address());
    a.disconnect();
    stage.call("disconnected", () => a.address());
    a.send("from a new port", peer.address().port, "127.0.0.1");
    await stage.seen("peer 'message'");
    stage.note("a port again", a.address().port > 0);
  }),

  scenario("after disconnect() a socket can be connected again", { rows: [61], needs: ["connect"] }, async (stage) => {
    const one = await stage.bound("one");
    const two = await stage.bound("two");
    const port = await stage.freePort("own");
    const a = stage.socket("a");
    a.bind(port, "127.0.0.1");
    a.connect(one.address().port, "127.0.0.1");
    await stage.seen("a 'connect'");
    stage.call("disconnect", () => a.disconnect());
    stage.call("disconnect again", () => a.disconnect());
    a.connect(two.address().port, "127.0.0.1", stage.callback("cb"));
    await stage.seen("cb called");
    stage.call("remoteAddress", () => a.remoteAddress());
    a.send("hello", stage.callback("sent"));
    await stage.seen("two 'message'");
    await stage.settle();
  }),

  scenario("after disconnect() everyone is heard again", { rows: [61, 62], needs: ["connect"] }, async (stage) => {
    const peer = await stage.bound("peer");
    const stranger = await stage.bound("stranger");
    const port = await stage.freePort("own");
    const a = stage.socket("a");
    a.bind(port, "127.0.0.1");
    a.connect(peer.address().port, "127.0.0.1");
    await stage.seen("a 'connect'");
    a.disconnect();
    stranger.send("from a stranger", port, "127.0.0.1");
    await stage.seen("a 'message'");
  }),

  scenario("remoteAddress() and disconnect() of a closed socket differ", { rows: [60, 61] }, async (stage) => {
    const a = stage.socket("a");
    a.close();
    stage.call("remoteAddress", () => a.remoteAddress());
    stage.call("disconnect", () => a.disconnect());
    await stage.seen("a 'close'");
  }),
];
