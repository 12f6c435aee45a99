/** What a socket is after a bind that failed: in Node's kernel there is one by then, which is bound to nothing. */
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";
import { likeLinux } from "../sizes.ts";
import type { AnySocket, Stage } from "../stage.ts";

const HOST = "127.0.0.1";

/** A socket whose bind has failed, for a port that is taken. */
async function failed(stage: Stage, label: string): Promise<AnySocket> {
  const other = await stage.bound("other");
  const socket = stage.socket(label);
  socket.bind(other.address().port, HOST);
  await stage.seen(`${label} 'error'`);
  return socket;
}

export const failedBindScenarios: readonly Scenario[] = [
  scenario(
    "after a failed bind address() tells the address and port of nothing",
    { rows: [22, 114] },
    async (stage) => {
      const a = await failed(stage, "a");
      stage.call("address", () => a.address());
      stage.call("remoteAddress", () => a.remoteAddress());
    },
  ),

  scenario("after a failed bindSync() address() tells the address and port of nothing", { rows: [49, 114] }, async (
    stage,
  ) => {
    const other = await stage.bound("other");
    const a = stage.socket("a");
    stage.call("bindSync", () => a.bindSync({ port: other.address().port, address: HOST }));
    stage.call("address", () => a.address());
    stage.call("bindSync", () => a.bindSync({ address: HOST }));
  }),

  scenario("after a bind that failed for its address there is nothing to tell", { rows: [22, 114] }, async (stage) => {
    const a = stage.socket("a");
    a.bind(0, "::1");
    await stage.seen("a 'error'");
    stage.call("address", () => a.address());
    stage.call("setBroadcast", () => a.setBroadcast(true));
  }),

  scenario("after a failed bind the setters work", { rows: [115, 117, 118] }, async (stage) => {
    const a = await failed(stage, "a");
    stage.call("setBroadcast", () => a.setBroadcast(true));
    stage.call("setMulticastTTL", () => a.setMulticastTTL(3));
    stage.call("setMulticastLoopback", () => a.setMulticastLoopback(false));
    stage.call("setMulticastTTL", () => a.setMulticastTTL(300));
  }),

  scenario("what is set after a failed bind holds after the next", {
    rows: [115, 123, 124],
    needs: ["recvBufferSize"],
    native: ["recvBufferSize"],
  }, async (stage) => {
    const a = await failed(stage, "a");
    stage.call("setRecvBufferSize", () => a.setRecvBufferSize(15_000));
    stage.call("getRecvBufferSize", () => a.getRecvBufferSize(), { as: likeLinux });
    a.bind(0, HOST);
    await stage.seen("a 'listening'");
    stage.call("getRecvBufferSize", () => a.getRecvBufferSize(), { as: likeLinux });
  }),

  scenario("what is refused after a failed bind does not keep the next from succeeding", {
    rows: [115, 119],
    needs: ["multicastInterface"],
    native: ["multicastInterface"],
  }, async (stage) => {
    const a = await failed(stage, "a");
    stage.call("setMulticastInterface", () => a.setMulticastInterface("198.51.100.77"));
    a.bind(0, HOST);
    await stage.seen("a 'listening'");
  }),

  scenario("setBroadcast() after a failed bind holds after the next", { rows: [115] }, async (stage) => {
    const a = await failed(stage, "a");
    a.setBroadcast(true);
    a.bind(0, HOST);
    await stage.seen("a 'listening'");
    a.send("x", 9, "127.255.255.255", stage.callback("cb"));
    await stage.seen("cb called");
  }),
];
