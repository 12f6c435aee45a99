// werift: two peers behind NATs learn of their addresses from a stun server, open the NATs for each other, shake hands by
// DTLS and talk over a data channel, while some datagrams of STUN and of the channel are lost. What it does by the system's threads (keys, signatures) takes real time, so it is played at a speed, and is not repeatable.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import stun from "stun";
import { finish, playOnce } from "./play.mjs";

// What its ES module imports of node:os can't be replaced on Deno and Bun.
const { RTCPeerConnection } = createRequire(import.meta.url)("werift");
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

/** The first byte of what has these datagrams lost, of each peer's: RFC 7983 tells protocols by it. */
const lost = new Map([[0, [2, 5, 6, 11]], [1, [3]], [23, [1, 4, 5]]]);

function losing() {
  const counts = new Map();
  return ({ data: [kind] }) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return lost.get(kind)?.includes(count) ? "drop" : undefined;
  };
}

/** Plays two peers, with a rule for what each sends, until one has heard the other's answer. */
function talk(rules, until) {
  return playOnce({ seed: 1, link: { latency: "20ms" } }, async (net) => {
    net.host({ name: "stun", addresses: ["198.51.100.1"] }).run(serve);
    const hosts = ["restricted cone", "port restricted cone"].map((kind, at) => {
      const behind = net.nat({ kind });
      const host = net.host({ name: `peer${at}`, behind });
      net.link(host, behind, { rule: rules[at] }, {});
      return host;
    });
    const iceServers = [{ urls: "stun:198.51.100.1:3478" }];
    const [one, two] = hosts.map((host) => host.run(() => new RTCPeerConnection({ iceServers, iceUseIpv6: false })));
    const answered = new Promise((resolve, reject) => {
      two.onDataChannel.subscribe((channel) =>
        channel.onMessage.subscribe((text) => channel.send(`${text}, yourself`))
      );
      hosts[0].run(async () => {
        const channel = one.createDataChannel("talk");
        channel.onMessage.subscribe((text) => resolve(`${text}`));
        channel.stateChanged.subscribe((state) => state === "open" && channel.send("hear"));
        await one.setLocalDescription(await one.createOffer());
        await hosts[1].run(async () => {
          await two.setRemoteDescription(one.localDescription);
          await two.setLocalDescription(await two.createAnswer());
        });
        await one.setRemoteDescription(two.localDescription);
      }).catch(reject);
    });
    return await until(net, answered);
  });
}

const { result } = await talk([losing(), losing()], async (net, answered) => ({
  answer: await net.run({ until: answered, speed: 20 }),
  dropped: net.trace.filter(({ reason }) => reason === "a rule dropped it").length,
}));
assert.equal(result.answer, "hear, yourself");
assert.ok(result.dropped > 5, `${result.dropped} were lost`);

// werift 0.25.2, lib/dtls: when the certificate of the DTLS client is overtaken by the datagram behind it, once, by 5 ms, the
// handshake never ends: both send their flights again and again, and all of them arrive.
const isCertificate = ({ data }) => data[0] === 22 && data[13] === 11;
let overtaken = false;
const late = (datagram) => {
  if (!isCertificate(datagram) || overtaken) return undefined;
  overtaken = true;
  return { delay: "5ms" };
};
const { result: handshake } = await talk([undefined, late], async (net, answered) => {
  const isOver = Promise.race([answered.then(() => true), net.clock.sleep(30_000).then(() => false)]);
  const answer = await net.run({ until: isOver, speed: 40 });
  const arrived = net.trace.filter((entry) => entry.fate === "delivered" && isCertificate(entry)).length;
  return { answer, arrived };
});
assert.equal(handshake.answer, false);
assert.ok(handshake.arrived > 6, `${handshake.arrived} certificates came`);

finish("werift");
