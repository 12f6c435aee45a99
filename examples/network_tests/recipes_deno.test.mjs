// Five recipes for deno test: `deno test --allow-env --no-check`; with types it needs @types/node beside it. A failed seed is
// replayed by `DGRAM_SEED=17` before that.
import { createNetwork, explore } from "@x/dgram/testing";
import assert from "node:assert/strict";
import { ask, serve } from "./greeting.mjs";

let net, client;

Deno.test.beforeEach(() => {
  net = createNetwork();
  net.host({ name: "server" }).run(serve);
  client = net.host({ name: "client", addresses: ["192.0.2.7"] });
});

Deno.test.afterEach(() => net.close());

Deno.test("loss: it asks again when the first two questions are lost", async () => {
  net.link(client, "server", { loss: { numbers: [1, 2] } }, {});
  assert.equal(await net.run({ until: client.run(() => ask("server")) }), "hello, 192.0.2.7");
  assert.equal(net.clock.now(), 3002);
});

Deno.test("latency: it waits for a satellite", async () => {
  net.link(client, "server", { latency: "300ms", jitter: "50ms" });
  await net.run({ until: client.run(() => ask("server")) });
  assert.equal(net.counters().find(({ from }) => from === "client").datagrams, 1);
});

Deno.test("partition: it is answered when the partition is over", async () => {
  const partition = net.partition([client], ["server"]);
  const answer = client.run(() => ask("server"));
  await net.run({ for: "5s" });
  partition.undo();
  assert.equal(await net.run({ until: answer }), "hello, 192.0.2.7");
});

Deno.test("NAT: the server sees the address of the router", async () => {
  const home = net.nat({ kind: "symmetric", outside: ["203.0.113.1"] });
  const laptop = net.host({ behind: home });
  assert.equal(await net.run({ until: laptop.run(() => ask("server")) }), "hello, 203.0.113.1");
});

Deno.test("seeds: it is answered on each of twenty bad networks", () =>
  explore(async (net) => {
    net.host({ name: "server" }).run(serve);
    const answer = net.host({ name: "client" }).run(() => ask("server"));
    assert.match(await net.run({ until: answer }), /^hello, /);
  }, { runs: 20, link: { loss: 0.1, duplicate: 0.1, jitter: "0.5ms" } }));
