// coap: confirmable requests are repeated until they are answered, in seconds of the protocol's own time, and block-wise
// transfers arrive whole while datagrams are lost and overtake each other. Two defects show when they come twice.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import coap from "coap";
import { explore } from "@x/dgram/testing";
import { addTrace, finish, on, play } from "./play.mjs";

const body = Buffer.from(Array.from({ length: 5000 }, (_, at) => at >> 4));
/** The size of blocks as the option has it: 1024 bytes, and so five of them. */
const BLOCK_SIZE = 6;

/** A server that has `body`, and what it was given. */
function serve(net) {
  const given = [];
  net.host({ name: "server" }).run(() => {
    const server = coap.createServer((request, response) => {
      if (request.method === "PUT") given.push(request.payload);
      response.end(request.url === "/body" && request.method === "GET" ? body : `hello ${request.url.slice(1)}`);
    });
    server.listen();
  });
  return given;
}

const request = (options, put) =>
  new Promise((resolve, reject) => {
    const asked = coap.request({ hostname: "server", confirmable: true, agent: new coap.Agent(), ...options });
    if (put !== undefined) asked.setOption("Block1", Buffer.of(put)).write(body);
    asked.on("response", ({ payload }) => resolve(payload)).on("error", reject).on("timeout", reject);
    asked.end();
  });

const bad = { loss: 0.2, latency: "40ms", jitter: "20ms", reorder: { probability: 0.2, by: "500ms" } };

const began = performance.now();
const { result: answers, seconds } = await play({ seed: 1, link: bad }, async (net) => {
  serve(net);
  const client = net.host({ name: "client" });
  const all = [];
  for (let number = 0; number < 20; number++) {
    all.push(`${await on(net, client, () => request({ pathname: `/${number}` }))}`);
  }
  return all;
});
assert.deepEqual(answers, Array.from({ length: 20 }, (_, number) => `hello ${number}`));
assert.ok(seconds > 10 && (performance.now() - began) / 1000 < seconds, `it took ${seconds} s of virtual time`);

const got = await play({ seed: 3, link: bad }, (net) => {
  serve(net);
  return on(net, net.host({ name: "client" }), () => request({ pathname: "/body" }));
});
assert.deepEqual(got.result, body);

const put = await play({ seed: 3, link: bad }, async (net) => {
  const given = serve(net);
  await on(net, net.host({ name: "client" }), () => request({ method: "PUT", pathname: "/body" }, BLOCK_SIZE));
  return given;
});
assert.deepEqual(put.result, [body]);

/** How a program fails while some datagrams come twice. Of these the fewest are left with which it does. */
async function twice(program) {
  const failure = await explore(async (net) => {
    net.install();
    serve(net);
    await program(net, net.host({ name: "client" }));
  }, { seed: 1, runs: 1, link: { duplicate: 0.2, latency: "40ms" } }).catch((error) => error);
  assert.equal(failure.code, "ERR_NETWORK_EXPLORED", `${failure}`);
  addTrace(failure.network.traceText());
  return failure;
}

// coap 1.5.0, lib/agent.js: the client appends each Block2 that comes, whichever it is, and asks for the one after it. Of one
// block that comes twice it makes two transfers, and of these a longer payload, which it hands out as the answer.
const longer = await twice(async (net, client) => {
  assert.equal((await on(net, client, () => request({ pathname: "/body" }))).length, body.length);
});
assert.deepEqual(longer.faults.map(({ kind, from }) => `${kind} from ${from}`), ["duplicate from server"]);
assert.ok(longer.cause.actual > body.length);

// coap 1.5.0: for each acknowledgement of a Block1 that comes twice the client sends the next block once more, and at the
// sixth it throws in the socket's listener, where nobody can catch it: https://github.com/coapjs/node-coap/issues/391
const thrown = await twice(async (net, client) => {
  await on(net, client, () => request({ method: "PUT", pathname: "/body" }, BLOCK_SIZE));
  await net.run({ for: "1s" });
});
assert.equal(thrown.cause.message, "Too many block re-transfers");
assert.equal(thrown.faults.length, 6);

finish("coap");
