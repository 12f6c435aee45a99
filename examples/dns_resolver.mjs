// @ts-check
// A tiny caching resolver: it knows some hosts itself, and asks another DNS server for the rest.
//
//   node examples/dns_resolver.mjs --port 5300 --upstream 127.0.0.1 --upstream-port 53 --host printer.test=192.0.2.9
//   dig @127.0.0.1 -p 5300 printer.test
import { Buffer } from "node:buffer";
import { randomInt } from "node:crypto";
import process from "node:process";
import { parseArgs } from "node:util";
import { bind, connect } from "@x/dgram/promises";
import { decode, encodeQuery, isAnswer, tryDecode, TYPES } from "./dns_message.mjs";

const MOST_KEPT = 1000;
const MOST_ASKED = 1000; // questions that wait for the other server at a time
const SERVFAIL = 2;

const { values } = parseArgs({
  options: {
    address: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "5300" },
    upstream: { type: "string", default: "127.0.0.1" },
    "upstream-port": { type: "string", default: "53" },
    host: { type: "string", multiple: true, default: [] },
  },
});
const hosts = new Map(values.host.map((host) => /** @type {[string, string]} */ (host.toLowerCase().split("="))));
/** @type {Map<string, { data: Buffer, at: number, ttl: number }>} */
const cache = new Map();
const seconds = () => Math.floor(performance.now() / 1000);

/**
 * A copy of an answer, with each record's time to live less what has passed.
 * @param {{ data: Buffer, at: number }} kept
 */
function aged({ data, at }) {
  const copy = Buffer.from(data);
  for (const { ttl, ttlAt } of decode(data).records) copy.writeUInt32BE(Math.max(0, ttl - (seconds() - at)), ttlAt);
  return copy;
}

/**
 * The upstream server's answer.
 * @param {import("@x/dgram/promises").ConnectedSocket} upstream
 * @param {string} name
 * @param {number} type
 */
async function ask(upstream, name, type) {
  const key = `${name.toLowerCase()} ${type}`;
  const kept = cache.get(key);
  if (kept && seconds() < kept.at + kept.ttl) return aged(kept);
  const query = encodeQuery({ name, type, id: randomInt(0x10000) });
  // All clients' questions share one socket: each request takes the answer that is its own.
  // Clients give up after some seconds: what comes later helps nobody.
  const { data } = await upstream.request(query, {
    match: ({ data }) => isAnswer(query, data) && tryDecode(data) !== undefined,
    timeout: 500,
    retries: 2,
  });
  const { records } = decode(data);
  cache.delete(key);
  if (records.length > 0) cache.set(key, { data, at: seconds(), ttl: Math.min(...records.map(({ ttl }) => ttl)) });
  for (const oldest of cache.keys()) if (cache.size > MOST_KEPT) cache.delete(oldest);
  return Buffer.from(data);
}

/**
 * An answer of our own: the question, and the address where there is one.
 * @param {Buffer} query
 * @param {number} end where the question ends
 */
function own(query, end, code = 0, address = "") {
  const answer = Buffer.from(query.subarray(0, end));
  answer.writeUInt16BE(0x8180 | code, 2);
  answer.fill(0, 6, 12);
  if (!address) return answer;
  answer.writeUInt16BE(1, 6);
  // A pointer to the name in the question, type A, class IN, 60 seconds, 4 bytes.
  return Buffer.concat([
    answer,
    Buffer.from("c00c000100010000003c0004", "hex"),
    Buffer.from(address.split(".").map(Number)),
  ]);
}

/**
 * The answer to a client's query, or undefined for what is none.
 * @param {import("@x/dgram/promises").ConnectedSocket} upstream
 * @param {Buffer} data
 */
async function answer(upstream, data) {
  if (data.length < 17 || data[2] >= 0x80 || data.readUInt16BE(4) !== 1) return undefined;
  const question = tryDecode(data)?.question;
  if (question === undefined) return undefined;
  const { name, type, end } = question;
  const host = hosts.get(name.toLowerCase());
  const found = host
    ? own(data, end, 0, type === TYPES.A ? host : "")
    : await ask(upstream, name, type).catch(() => own(data, end, SERVFAIL));
  data.copy(found, 0, 0, 2); // the client's own number
  return found;
}

/** @param {unknown} error */
const tell = (error) => console.error(`dns_resolver: ${/** @type {Error} */ (error).message}`);

try {
  const upstream = await connect({ address: values.upstream, port: Number(values["upstream-port"]) });
  const server = await bind({ address: values.address, port: Number(values.port) });
  console.log(`listening on ${server.address().address} port ${server.address().port}`);
  let asked = 0;
  for await (const { data, address, port } of server) {
    // Whoever sends more than can be asked asks again later, as clients do whose question was lost.
    if (asked === MOST_ASKED) continue;
    asked++;
    // Nobody waits here for an answer: a slow one must not hold up the others. One that can't be sent is lost.
    answer(upstream, data).then((found) => found && server.send(found, port, address)).catch(() => {}).finally(() =>
      asked--
    );
  }
} catch (error) {
  tell(error);
  process.exit(1);
}
