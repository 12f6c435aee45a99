// @ts-check
// Messages of CoAP (RFC 7252, section 3).
import { Buffer } from "node:buffer";

export const Type = { confirmable: 0, acknowledgement: 2, reset: 3 };
export const Code = { empty: 0, get: 1 };
export const Option = { path: 11, query: 15, block2: 23 };
const PAYLOAD = 0xff;

/**
 * @typedef {object} Message
 * @property {number} type
 * @property {number} code
 * @property {number} id
 * @property {Buffer} [token]
 * @property {readonly (readonly [number, Buffer])[]} [options] in the order of their numbers
 * @property {Buffer} [payload]
 */

/**
 * An option's number, as the distance to the one before, or its length: four bits, and what does not fit there.
 * @param {number} value
 * @returns {[number, Buffer]}
 */
function spread(value) {
  if (value < 13) return [value, Buffer.alloc(0)];
  if (value < 269) return [13, Buffer.from([value - 13])];
  return [14, Buffer.from([value - 269 >> 8, value - 269 & 255])];
}

/** @param {Message} message */
export function encode({ type, code, id, token = Buffer.alloc(0), options = [] }) {
  const parts = [Buffer.from([1 << 6 | type << 4 | token.length, code, id >> 8, id & 255]), token];
  let last = 0;
  for (const [number, value] of options) {
    const [[delta, moreDelta], [length, moreLength]] = [spread(number - last), spread(value.length)];
    parts.push(Buffer.from([delta << 4 | length]), moreDelta, moreLength, value);
    last = number;
  }
  return Buffer.concat(parts);
}

/**
 * What a message says; it throws for what is none.
 * @param {Buffer} data
 * @returns {Required<Message>}
 */
export function decode(data) {
  if (data.length < 4 || data[0] >> 6 !== 1) throw new Error("not a CoAP message");
  let at = 4 + (data[0] & 15);
  if (at > 12 || at > data.length) throw new Error("not a CoAP message");
  const head = { type: data[0] >> 4 & 3, code: data[1], id: data.readUInt16BE(2), token: data.subarray(4, at) };
  /** @type {[number, Buffer][]} */
  const options = [];
  const more = (/** @type {number} */ bits) => {
    if (bits < 13) return bits;
    if (bits === 15) throw new Error("an option of no length");
    at += bits - 12;
    return bits === 13 ? data.readUInt8(at - 1) + 13 : data.readUInt16BE(at - 2) + 269;
  };
  for (let number = 0; at < data.length && data[at] !== PAYLOAD;) {
    const bits = data[at++];
    number += more(bits >> 4);
    const length = more(bits & 15);
    if (at + length > data.length) throw new Error("an option is cut off");
    options.push([number, data.subarray(at, at += length)]);
  }
  return { ...head, options, payload: data.subarray(at + 1) };
}

/**
 * The same, or undefined for what is no message: anybody can send.
 * @param {Buffer} data
 */
export function tryDecode(data) {
  try {
    return decode(data);
  } catch {
    return undefined;
  }
}
