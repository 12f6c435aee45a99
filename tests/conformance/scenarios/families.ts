/** Both families, and the flags of bind(2). */
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";

export const familyScenarios: readonly Scenario[] = [
  scenario("udp6 sends and receives over ::1", { rows: [95], ipv6: true }, async (stage) => {
    const a = await stage.bound("a", "udp6");
    const b = await stage.bound("b", "udp6");
    a.send("hello", b.address().port, "::1", stage.callback("sent"));
    await stage.seen("b 'message'");
    a.send("default address", b.address().port, stage.callback("sent again"));
    await stage.seen("b 'message'", 2);
    stage.call("address", () => a.address());
  }),

  scenario("udp6 shows addresses in their canonical form", { rows: [28, 60], ipv6: true, needs: ["connect"] }, async (
    stage,
  ) => {
    const peer = await stage.bound("peer", "udp6");
    const a = stage.socket("a", "udp6");
    a.bind(0, "0:0:0:0:0:0:0:1");
    await stage.seen("a 'listening'");
    stage.call("address", () => a.address());
    a.connect(peer.address().port, "0::1", stage.callback("cb"));
    await stage.seen("cb called");
    stage.call("remoteAddress", () => a.remoteAddress());
  }),

  scenario("udp6 on every address receives from IPv4, too", { rows: [15, 96], ipv6: true }, async (stage) => {
    const a = stage.socket("a", "udp6");
    a.bind(0);
    await stage.seen("a 'listening'");
    const b = await stage.bound("b");
    b.send("from udp4", a.address().port, "127.0.0.1", stage.callback("sent"));
    await stage.seen("a 'message'");
    a.send("to udp4", b.address().port, "::ffff:127.0.0.1", stage.callback("answered"));
    await stage.seen("b 'message'");
    await stage.seen("answered called");
  }),

  scenario("udp6 on every address takes the port from udp4, too", { rows: [15], ipv6: true }, async (stage) => {
    const a = stage.socket("a", "udp6");
    a.bind(0);
    await stage.seen("a 'listening'");
    const b = stage.socket("b");
    b.bind(a.address().port);
    await stage.seen("b '");
  }),

  scenario("ipv6Only leaves the port to udp4", { rows: [15], ipv6: true, needs: ["ipv6Only"] }, async (stage) => {
    const a = stage.socket("a", { type: "udp6", ipv6Only: true });
    // One that the kernel chooses for IPv6 alone may be somebody else's for IPv4.
    a.bind(await stage.freePort("a"));
    await stage.seen("a 'listening'");
    const b = stage.socket("b");
    b.bind(a.address().port);
    await stage.seen("b '");
    const c = await stage.bound("c");
    c.send("to udp4 alone", a.address().port, "127.0.0.1", stage.callback("sent"));
    await stage.seen("b 'message'");
    await stage.quiet();
  }),

  scenario("ipv6Only cannot send to IPv4", { rows: [15, 85], ipv6: true, needs: ["ipv6Only"] }, async (stage) => {
    const b = await stage.bound("b");
    const a = stage.socket("a", { type: "udp6", ipv6Only: true });
    a.bind(0);
    await stage.seen("a 'listening'");
    a.send("x", b.address().port, "::ffff:127.0.0.1", stage.callback("sent"));
    await stage.seen("sent called");
  }),

  scenario("ipv6Only makes the bind of a udp4 socket fail", { rows: [15] }, async (stage) => {
    const a = stage.socket("a", { type: "udp4", ipv6Only: true });
    a.bind(0, "127.0.0.1");
    await stage.seen("a '");
    stage.call("bindSync", () => a.bindSync({ address: "127.0.0.1" }));
    await stage.settle();
  }),

  scenario(
    "two sockets share a port with reuseAddr, and the later one receives",
    { rows: [13], needs: ["reuseAddr"] },
    async (
      stage,
    ) => {
      const a = await stage.bound("a", { type: "udp4", reuseAddr: true });
      const b = stage.socket("b", { type: "udp4", reuseAddr: true });
      b.bind(a.address().port, "127.0.0.1");
      await stage.seen("b 'listening'");
      const c = await stage.bound("c");
      c.send("hello", a.address().port, "127.0.0.1", stage.callback("sent"));
      await stage.seen("'message'");
      await stage.quiet();
    },
  ),

  scenario("reuseAddr of one socket is not enough", { rows: [13], needs: ["reuseAddr"] }, async (stage) => {
    const a = await stage.bound("a");
    const b = stage.socket("b", { type: "udp4", reuseAddr: true });
    b.bind(a.address().port, "127.0.0.1");
    await stage.seen("b '");
    const c = await stage.bound("c", { type: "udp4", reuseAddr: true });
    const d = stage.socket("d");
    d.bind(c.address().port, "127.0.0.1");
    await stage.seen("d '");
  }),

  scenario("two sockets share a port with reusePort, and each datagram reaches one", {
    rows: [14],
    needs: ["reusePort"],
  }, async (
    stage,
  ) => {
    let heard = 0;
    const hear = (): void => {
      if (++heard === 20) stage.note("all heard once");
    };
    const a = stage.dgram.createSocket({ type: "udp4", reusePort: true }, hear);
    const b = stage.dgram.createSocket({ type: "udp4", reusePort: true }, hear);
    const { port } = a.bindSync({ address: "127.0.0.1" });
    b.bindSync({ port, address: "127.0.0.1" });
    const senders = Array.from({ length: 20 }, () => stage.dgram.createSocket("udp4"));
    for (const sender of senders) sender.send("x", port, "127.0.0.1", () => sender.close());
    await stage.seen("all heard once");
    await stage.quiet();
    stage.note("heard", heard);
    a.close();
    b.close();
  }),

  scenario("reusePort of one socket is not enough", { rows: [14], needs: ["reusePort"] }, async (stage) => {
    const a = await stage.bound("a", { type: "udp4", reusePort: true });
    const b = stage.socket("b");
    b.bind(a.address().port, "127.0.0.1");
    await stage.seen("b '");
  }),

  scenario("a connect() to IPv4 through a dual-stack socket shows the mapped address", {
    rows: [60, 96],
    ipv6: true,
    needs: ["connect"],
  }, async (stage) => {
    const peer = await stage.bound("peer");
    const a = stage.socket("a", "udp6");
    a.connect(peer.address().port, "::ffff:127.0.0.1", stage.callback("cb"));
    await stage.seen("cb called");
    stage.call("remoteAddress", () => a.remoteAddress());
    stage.call("address", () => a.address());
    a.send("hello", stage.callback("sent"));
    await stage.seen("peer 'message'");
  }),
];
