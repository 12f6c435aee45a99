// Five recipes for node:test: `node --test`. A failed seed is replayed by `DGRAM_SEED=17 node --test`.
import { createNetwork, explore } from "@x/dgram/testing";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ask, serve } from "./greeting.mjs";

let net, client;

beforeEach(() => {
  net = createNetwork();
  net.host({ name: "server" }).run(serve);
  client = net.host({ name: "client", addresses: ["192.0.2.7"] });
});

afterEach(() => net.close());

test("loss: it asks again when the first two questions are lost", async () => {
  net.link(client, "server", { loss: { numbers: [1, 2] } }, {});
  assert.equal(await net.run({ until: client.run(() => ask("server")) }), "hello, 192.0.2.7");
  assert.equal(net.clock.now(), 3002);
});

test("latency: it waits for a satellite", async () => {
  net.link(client, "server", { latency: "300ms", jitter: "50ms" });
  await net.run({ until: client.run(() => ask("server")) });
  assert.equal(net.counters().find(({ from }) => from === "client").datagrams, 1);
});

test("partition: it is answered when the partition is over", async () => {
  const partition = net.partition([client], ["server"]);
  const answer = client.run(() => ask("server"));
  await net.run({ for: "5s" });
  partition.undo();
  assert.equal(await net.run({ until: answer }), "hello, 192.0.2.7");
});

test("NAT: the server sees the address of the router", async () => {
  const home = net.nat({ kind: "symmetric", outside: ["203.0.113.1"] });
  const laptop = net.host({ behind: home });
  assert.equal(await net.run({ until: laptop.run(() => ask("server")) }), "hello, 203.0.113.1");
});

test("seeds: it is answered on each of twenty bad networks", () =>
  explore(async (net) => {
    net.host({ name: "server" }).run(serve);
    const answer = net.host({ name: "client" }).run(() => ask("server"));
    assert.match(await net.run({ until: answer }), /^hello, /);
  }, { runs: 20, link: { loss: 0.1, duplicate: 0.1, jitter: "0.5ms" } }));
