// bittorrent-dht: of ten nodes four are in the open, and six behind NATs of two kinds. What a node behind one puts, a node
// behind the other gets, over links that lose.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import DHT from "bittorrent-dht";
import { finish, on, play } from "./play.mjs";

const port = 6881;
const value = "Rheingold!";
const idOf = (name) => createHash("sha1").update(name).digest();

const { result } = await play({ seed: 2, link: { loss: 0.05, latency: "20ms", jitter: "10ms" } }, async (net) => {
  const open = ["one", "two", "three", "four"].map((name) => net.host({ name }));
  const nats = ["full cone", "symmetric"].map((kind) => net.nat({ kind }));
  const hidden = nats.flatMap((behind, nat) => [0, 1, 2].map((at) => net.host({ name: `hidden${nat}${at}`, behind })));
  const hosts = [...open, ...hidden];
  const nodes = await Promise.all(hosts.map((host, at) =>
    host.run(() => {
      // A name, which the package asks node:dns for.
      const dht = new DHT({ nodeId: idOf(host.name), bootstrap: at === 0 ? false : [`one:${port}`] });
      dht.listen(port);
      return dht;
    })
  ));
  const ready = (dht) => new Promise((resolve) => dht.ready ? resolve() : dht.once("ready", resolve));
  await net.run({ until: Promise.all(nodes.map(ready)) });
  await net.run({ for: "1m" });
  const known = nodes.map((dht) => dht.toJSON().nodes.length);

  const [giver, taker] = [hosts.indexOf(hidden[0]), hosts.indexOf(hidden[5])];
  const key = await on(
    net,
    hosts[giver],
    () =>
      new Promise((resolve, reject) =>
        nodes[giver].put({ v: value }, (error, hash) => error ? reject(error) : resolve(hash))
      ),
  );
  const found = await on(
    net,
    hosts[taker],
    () =>
      new Promise((resolve, reject) =>
        nodes[taker].get(key, (error, result) => error ? reject(error) : resolve(result))
      ),
  );
  return { found: `${found?.v}`, known };
});
assert.equal(result.found, value);
// Each has learned of more than the node that it was told of.
assert.ok(result.known.every((count) => count > 3), `${result.known}`);

finish("bittorrent-dht");
