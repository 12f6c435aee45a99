/** Whom a connected socket hears, and how the kernel writes its peer. */
import { scenario } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";

const HOST = "127.0.0.1";
const PEERS = ["::", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::ffff:7f00:2"];

export const connectedPeerScenarios: readonly Scenario[] = [
  scenario("what a stranger sent before connectSync() does not reach the connected socket", {
    rows: [62],
    native: ["sendInTurn"],
    deviates: {
      row: 62,
      expected: [
        "a 'connect'",
        "sent called with (null, 13) on undefined",
        "note a heard, 'from the peer'",
      ],
    },
  }, async (stage) => {
    const a = await stage.bound("a", "udp4", undefined, { unheard: ["message"] });
    a.on("message", (message: Uint8Array) => stage.note("a heard,", String(message)));
    const peer = await stage.connected("peer", a.address().port);
    const stranger = await stage.connected("stranger", a.address().port);
    // They are in the kernel's queue when the call returns.
    stranger.send("from a stranger");
    a.connectSync(peer.address().port, HOST);
    peer.send("from the peer", stage.callback("sent"));
    await stage.seen("from the peer");
    await stage.quiet();
  }),

  ...PEERS.map((address) =>
    scenario(`remoteAddress() of a socket connected to ${address} is as the kernel writes it`, {
      rows: [60],
      needs: ["connect"],
      ipv6: true,
    }, async (stage) => {
      const a = stage.socket("a", "udp6");
      a.connect(9, address);
      await stage.seen("a 'connect'");
      stage.call("remoteAddress", () => a.remoteAddress());
    })
  ),
];
