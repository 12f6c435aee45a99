// stun: the mapped address that servers report is the one that the NAT has given, the same for all servers behind a cone,
// another for each behind a symmetric NAT; over links that lose and repeat, and when a mapping was forgotten, a new one.
import assert from "node:assert/strict";
import stun from "stun";
import { finish, on, play } from "./play.mjs";

const { STUN_BINDING_RESPONSE, STUN_EVENT_BINDING_REQUEST } = stun.constants;
const serve = () => {
  const server = stun.createServer({ type: "udp4" });
  server.on(STUN_EVENT_BINDING_REQUEST, (request, { address, port }) => {
    const response = stun.createMessage(STUN_BINDING_RESPONSE, request.transactionId);
    response.addXorAddress(address, port);
    server.send(response, port, address);
  });
  server.listen(3478);
};

async function mappedBy(kind) {
  const { result } = await play({ seed: 4, link: { loss: 0.2, duplicate: 0.2, jitter: "0.9ms" } }, async (net) => {
    for (const name of ["one", "two"]) net.host({ name }).run(serve);
    const nat = net.nat({ kind, lifetime: "1m", preservePorts: false });
    const client = net.host({ behind: nat });
    // The same socket asks both.
    const server = client.run(() => stun.createServer({ type: "udp4" }));
    const ask = async (name) => {
      const answer = await on(net, client, () => stun.request(`stun://${name}`, { server }));
      const { address, port } = answer.getXorAddress();
      assert.ok(nat.mappings.some(({ outside }) => outside.address === address && outside.port === port));
      return `${address}:${port}`;
    };
    const [one, two, again] = [await ask("one"), await ask("two"), await ask("one")];
    await net.run({ for: "2m" });
    assert.deepEqual(nat.mappings, []);
    return { isSame: one === two, isKept: one === again, isNew: await ask("one") !== one };
  });
  return result;
}

for (const kind of ["full cone", "restricted cone", "port restricted cone"]) {
  assert.deepEqual(await mappedBy(kind), { isSame: true, isKept: true, isNew: true }, kind);
}
assert.deepEqual(await mappedBy("symmetric"), { isSame: false, isKept: true, isNew: true });

finish("stun");
