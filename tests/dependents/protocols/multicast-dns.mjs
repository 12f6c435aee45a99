// multicast-dns: a query is answered on a link that loses a third of all, when it is asked again, and not through a router.
import assert from "node:assert/strict";
import multicastDns from "multicast-dns";
import { finish, on, play } from "./play.mjs";

const name = "brunhilde.local";
const serve = () => {
  const dns = multicastDns();
  dns.on("query", ({ questions }) => {
    if (questions.some((question) => question.name === name)) {
      dns.respond([{ name, type: "A", ttl: 120, data: "192.0.2.5" }]);
    }
  });
};

/** Asks each second, so often, until it is answered. */
const ask = (most) =>
  new Promise((resolve) => {
    const dns = multicastDns();
    let asked = 0;
    const query = () => asked++ < most ? dns.query(name, "A") : end("nobody");
    const end = (answer) => {
      clearInterval(timer);
      dns.destroy(() => resolve({ answer, asked }));
    };
    const timer = setInterval(query, 1000);
    dns.on("response", ({ answers }) => answers.some((each) => each.name === name) && end(answers[0].data));
  });

const { result, seconds } = await play({ seed: 1, link: { loss: 0.3, jitter: "0.5ms" } }, (net) => {
  const [server, client] = [net.host({ name: "server" }), net.host({ name: "client" })];
  server.run(serve);
  return on(net, client, () => ask(20));
});
assert.equal(result.answer, "192.0.2.5");
assert.ok(result.asked > 1 && seconds > 2, `the first was answered: ${JSON.stringify(result)}`);

const routed = await play({ seed: 1 }, (net) => {
  const router = net.router();
  const [server, client] = [net.host({ name: "server" }), net.host({ name: "client", behind: router })];
  server.run(serve);
  return on(net, client, () => ask(20));
});
assert.equal(routed.result.answer, "nobody");

finish("multicast-dns");
