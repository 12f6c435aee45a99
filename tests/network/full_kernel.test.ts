/** What is accepted though the kernel has no room for it, and may have none for long: close() ends all the same. */
import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { after, test } from "node:test";
import { ADDRESS, familySkip } from "./namespaces.ts";
import { lacking } from "./needs.ts";
import { endNetwork, network } from "./network.ts";

/** More than a send buffer holds, with whatever the kernel counts for each. */
const DATAGRAMS = 400;
const SIZE = 1200;

after(() => endNetwork());

const noShaping = spawnSync("tc", ["-V"]).error === undefined ? false : "there is no tc";

for (const [name, connected] of [["an unconnected", false], ["a connected", true]] as const) {
  test(`${name} socket whose datagrams don't leave is closed, and each callback comes in its order`, {
    skip: familySkip(4) || noShaping || (connected && lacking("connect")),
  }, async () => {
    const { a, c, namespaces } = await network();
    const peer = await c.bound("udp4", { address: "0.0.0.0" });
    const { port } = await peer.address();
    const socket = await a.bound("udp4", { address: "0.0.0.0" });
    if (connected) await socket.call("connectSync", port, ADDRESS.c[4]);
    const send = (what: string | number): Promise<string | null> =>
      connected ? socket.send(what) : socket.send(what, port, ADDRESS.c[4]);
    // The neighbour is known then.
    assertEquals(await send("first"), null);
    await peer.message("the first");
    namespaces.limitLink("a", "rate 8kbit burst 3000 limit 30000000");
    try {
      const ends: string[] = [];
      const sends = Array.from({ length: DATAGRAMS }, async (_, i) => {
        ends.push(`${i} ${await send(SIZE)}`);
      });
      await socket.close();
      await Promise.all(sends);
      const left = ends.findIndex((end) => end.endsWith("ECANCELED"));
      const expected = ends.map((_, i) => `${i} ${left < 0 || i < left ? null : "ECANCELED"}`);
      assertEquals(ends, expected);
      assertEquals(left > 0, true, `${left} of ${DATAGRAMS} left`);
    } finally {
      namespaces.freeLink("a");
      await peer.call("close").catch(() => {});
      peer.messages.takeAll();
    }
  });
}
