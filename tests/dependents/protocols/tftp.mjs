// tftp: a file arrives whole, block by block, while datagrams are lost and overtake each other. Two defects show on bad
// networks: a window whose blocks overtake each other, and a request that comes twice.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { explore } from "@x/dgram/testing";
import tftp from "tftp";
import { addTrace, finish, on, play } from "./play.mjs";

const file = Buffer.from(Array.from({ length: 40_000 }, (_, at) => at * 7919 >> 5));
const address = "192.0.2.1";

async function get(net, options) {
  const server = net.host({ name: "server", addresses: [address] });
  // Time stands still: it asks the file system first, and on a busy machine a run would be taken for one that is stuck.
  await server.run(() =>
    new Promise((resolve, reject) => {
      const tftpServer = tftp.createServer({ host: address, port: 69 }, (request, response) => {
        request.on("error", () => {});
        response.setSize(file.length);
        response.end(file);
      });
      tftpServer.on("listening", resolve).on("error", reject).listen();
    })
  );
  return await on(net, net.host({ name: "client" }), () =>
    new Promise((resolve, reject) => {
      const chunks = [];
      // A name, which the package asks node:dns for.
      const stream = tftp.createClient({ host: "server", port: 69, retries: 9, ...options }).createGetStream("file");
      stream.on("data", (chunk) => chunks.push(chunk)).on("error", reject).on("end", () =>
        resolve(Buffer.concat(chunks)));
    }));
}

const bad = { loss: 0.1, latency: "40ms", jitter: "30ms", reorder: { probability: 0.1, by: "200ms" } };
const { result, seconds } = await play({ seed: 2, link: bad }, (net) => get(net, { windowSize: 1 }));
assert.deepEqual(result, file);
assert.ok(seconds > 3, `nothing was sent again in ${seconds} s`);

async function defect(seed, link, options) {
  const failure = await explore(async (net) => {
    net.install();
    const got = await get(net, options);
    if (got.length !== file.length) throw new Error(`${got.length} bytes`);
    if (!got.equals(file)) throw new Error("the right length, and other bytes");
  }, { seed, runs: 1, link }).catch((error) => error);
  assert.equal(failure.code, "ERR_NETWORK_EXPLORED", `${failure}`);
  addTrace(failure.network.traceText());
  return failure;
}

// tftp 0.1.2, lib/protocol/reader.js: the blocks of a window are to be sorted `if (this._windowsSize > 1)`, and that name
// is written with one `s` too many. One datagram that overtakes another, and the file has its blocks in another order.
const mixed = await defect(1, { latency: "40ms", reorder: { probability: 0.1, by: "1ms" } }, { windowSize: 4 });
assert.equal(mixed.cause.message, "the right length, and other bytes");
assert.deepEqual(mixed.faults.map(({ kind, from }) => `${kind} from ${from}`), ["reorder from server"]);

// tftp 0.1.2, lib/protocol/client/client-request.js: of a request that comes twice the server makes two transfers. The
// client has an error for the one that it does not want, and sends it to the one that it does want: none is left.
const ended = await defect(9, { latency: "40ms", duplicate: 0.1 }, { windowSize: 1 });
assert.equal(ended.cause.message, "Timed out");
assert.deepEqual(ended.faults.map(({ kind, from }) => `${kind} from ${from}`), ["duplicate from client"]);

finish("tftp");
