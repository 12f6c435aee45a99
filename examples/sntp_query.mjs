// @ts-check
// Asks a time server how far this machine's clock is off (SNTP, RFC 4330).
//
//   node examples/sntp_query.mjs --server 127.0.0.1 --port 123
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import process from "node:process";
import { parseArgs } from "node:util";
import { connect } from "@x/dgram/promises";
import { printable } from "./printable.mjs";

const SAMPLES = 4;
const FROM_1900 = 2_208_988_800; // seconds from NTP's epoch to ours
const ERA = 2 ** 32;

const { values } = parseArgs({
  options: { server: { type: "string", default: "127.0.0.1" }, port: { type: "string", default: "123" } },
});

const now = () => (performance.timeOrigin + performance.now()) / 1000;

/**
 * An NTP timestamp as seconds from 1970; those below 2 ** 31 are of the era that begins in 2036.
 * @param {Buffer} data
 * @param {number} at
 */
function readTime(data, at) {
  const seconds = data.readUInt32BE(at);
  return seconds + (seconds < ERA / 2 ? ERA : 0) - FROM_1900 + data.readUInt32BE(at + 4) / ERA;
}

/** @param {import("@x/dgram/promises").ConnectedSocket} socket */
async function ask(socket) {
  // The server sends the last 8 bytes back. Random ones keep out forged answers, and do not tell our own time.
  const question = Buffer.concat([Buffer.from([0x23]), Buffer.alloc(39), randomBytes(8)]);
  const sent = now();
  const { data } = await socket.request(question, {
    match: ({ data }) =>
      data.length >= 48 && (data[0] & 7) === 4 && data.subarray(24, 32).equals(question.subarray(40)),
    // A question that is sent again would not tell when: a lost one is a lost sample.
    retries: 0,
  });
  const back = now();
  if (data[1] === 0) throw new Error(`the server refuses: ${printable(data.toString("latin1", 12, 16))}`);
  if (data[0] >> 6 === 3) throw new Error("the server's own clock is not set");
  const [received, answered] = [readTime(data, 32), readTime(data, 40)];
  return {
    stratum: data[1],
    offset: (received - sent + answered - back) / 2,
    delay: back - sent - (answered - received),
  };
}

try {
  const socket = await connect({ address: values.server, port: Number(values.port) });
  /** @type {Awaited<ReturnType<typeof ask>>[]} */
  const samples = [];
  let problem;
  for (let n = 0; n < SAMPLES; n++) {
    await ask(socket).then((sample) => samples.push(sample), (error) => problem = error);
  }
  await socket.close();
  // The less time on the way, the less of it can be unequal.
  const [best] = samples.sort((a, b) => a.delay - b.delay);
  if (!best) throw problem;
  const milliseconds = (/** @type {number} */ value) => `${(value * 1000).toFixed(3)} ms`;
  console.log(`offset ${milliseconds(best.offset)}, delay ${milliseconds(best.delay)}, stratum ${best.stratum}`);
} catch (error) {
  console.error(`sntp_query: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
}
