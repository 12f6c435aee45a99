// @ts-check
// Gets a resource by CoAP (RFC 7252), in blocks where it is large (RFC 7959).
//
//   node examples/coap_get.mjs coap://127.0.0.1:5683/time
import { Buffer } from "node:buffer";
import { randomBytes, randomInt } from "node:crypto";
import process from "node:process";
import { connect } from "@x/dgram/promises";
import { Code, decode, encode, Option, tryDecode, Type } from "./coap_message.mjs";
import { printable, printableLines } from "./printable.mjs";

const PATIENCE = 30_000; // milliseconds for a response that comes after its acknowledgement
const MOST = 1 << 20; // bytes of a resource

/**
 * @param {import("@x/dgram/promises").ConnectedSocket} socket
 * @param {readonly (readonly [number, Buffer])[]} options
 */
async function get(socket, options) {
  const [id, token] = [randomInt(0x10000), randomBytes(4)];
  const isResponse = (/** @type {{ data: Buffer }} */ { data }) =>
    (data[0] & 15) === token.length && data.subarray(4, 8).equals(token) && tryDecode(data) !== undefined;
  const isEmpty = (/** @type {{ data: Buffer }} */ { data }) =>
    data.length === 4 && data[0] >> 6 === 1 && data[0] >> 5 & 1 && data[1] === Code.empty &&
    data.readUInt16BE(2) === id;
  const { data } = await socket.request(
    encode({ type: Type.confirmable, code: Code.get, id, token, options }),
    {
      // The response, or no more than an acknowledgement or a reset, by our message's number.
      match: (datagram) => isResponse(datagram) || Boolean(isEmpty(datagram)),
      // ACK_TIMEOUT and MAX_RETRANSMIT of RFC 7252, 4.8.
      timeout: 2000,
      retries: 4,
    },
  );
  let response = decode(data);
  if (response.type === Type.reset) throw new Error("the server does not know what to do with a request");
  if (response.code === Code.empty) {
    for await (const datagram of socket.datagrams({ signal: AbortSignal.timeout(PATIENCE) })) {
      if (!isResponse(datagram)) continue;
      response = decode(datagram.data);
      break;
    }
  }
  if (response.type === Type.confirmable) {
    await socket.send(encode({ type: Type.acknowledgement, code: Code.empty, id: response.id }));
  }
  return response;
}

try {
  const url = new URL(process.argv[2] ?? "coap://127.0.0.1:5683/");
  const parts = (/** @type {string} */ text, /** @type {string} */ separator) =>
    text.slice(1).split(separator).filter((part) => part !== "").map((part) => Buffer.from(decodeURIComponent(part)));
  const options = [
    ...parts(url.pathname, "/").map((part) => /** @type {const} */ ([Option.path, part])),
    ...parts(url.search, "&").map((part) => /** @type {const} */ ([Option.query, part])),
  ];

  const socket = await connect({ address: url.hostname.replace(/[[\]]/g, ""), port: Number(url.port || 5683) });
  const blocks = [];
  let size = 0;
  try {
    for (let next = Buffer.alloc(0), more = true; more;) {
      const response = await get(socket, next.length ? [...options, [Option.block2, next]] : options);
      const code = `${response.code >> 5}.${String(response.code & 31).padStart(2, "0")}`;
      if (response.code >> 5 !== 2) throw new Error(printable(`${url}: ${code} ${response.payload}`.trimEnd()));
      blocks.push(response.payload);
      size += response.payload.length;
      if (size > MOST) throw new Error(`${url}: longer than ${MOST} bytes`);
      const block = response.options.find(([number]) => number === Option.block2)?.[1] ?? Buffer.alloc(0);
      const value = block.length && block.length <= 3 ? block.readUIntBE(0, block.length) : 0;
      if (value >> 4 !== blocks.length - 1 || (value & 8 && response.payload.length === 0)) {
        throw new Error(`${url}: another block than was asked for`);
      }
      more = (value & 8) !== 0;
      // The next one's number, of the same size.
      next = Buffer.from([value + 16 >> 16, value + 16 >> 8 & 255, value + 16 & 0xf7]);
    }
  } finally {
    await socket.close();
  }
  console.log(printableLines(String(Buffer.concat(blocks))));
} catch (error) {
  console.error(`coap_get: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
}
