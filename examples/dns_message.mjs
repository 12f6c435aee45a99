// @ts-check
// Messages of DNS (RFC 1035): a question, and the records of an answer. For the DNS and mDNS examples.
import { Buffer } from "node:buffer";

/** @type {Record<string, number>} */
export const TYPES = { A: 1, NS: 2, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33 };
export const CODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];
const QUESTION = 12; // where it begins, behind the header

/**
 * A question for the records of a name; `flags` 0x0100 asks for recursion.
 * @param {{ name: string, type: number, id?: number, flags?: number, classCode?: number }} question
 */
export function encodeQuery({ name, type, id = 0, flags = 0x0100, classCode = 1 }) {
  const labels = name.split(".").filter((label) => label !== "").map((label) => Buffer.from(label));
  if (labels.some(({ length }) => length > 63)) throw new Error(`not a DNS name: ${name}`);
  const [header, end] = [Buffer.alloc(QUESTION), Buffer.alloc(5)];
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(1, 4);
  end.writeUInt16BE(type, 1);
  end.writeUInt16BE(classCode, 3);
  return Buffer.concat([header, ...labels.flatMap((label) => [Buffer.from([label.length]), label]), end]);
}

/**
 * True for an answer to just this query: anybody can send datagrams.
 * @param {Buffer} query
 * @param {Buffer} data
 */
export function isAnswer(query, data) {
  return data.length >= query.length && data.readUInt16BE(0) === query.readUInt16BE(0) && data[2] >= 0x80 &&
    data.subarray(QUESTION, query.length).equals(query.subarray(QUESTION));
}

/**
 * A name, and where what follows it begins. Pointers lead backwards only, so that this comes to an end.
 * @param {Buffer} data
 * @param {number} at
 * @returns {[string, number]}
 */
function readName(data, at, limit = at + 1) {
  const length = data.readUInt8(at);
  if (length === 0) return ["", at + 1];
  if (length >= 0xc0) {
    const target = data.readUInt16BE(at) & 0x3fff;
    if (target >= limit) throw new Error("a name leads forwards");
    return [readName(data, target, target)[0], at + 2];
  }
  const label = data.toString("utf8", at + 1, at + 1 + length);
  const [rest, next] = readName(data, at + 1 + length, limit);
  return [rest ? `${label}.${rest}` : label, next];
}

/**
 * A record's value as text.
 * @param {Buffer} data
 * @param {string} type
 * @param {number} at
 * @param {number} end
 */
function readValue(data, type, at, end) {
  if (type === "NS" || type === "CNAME" || type === "PTR") return readName(data, at)[0];
  if (type === "MX") return `${data.readUInt16BE(at)} ${readName(data, at + 2)[0]}`;
  if (type === "SRV") return `${readName(data, at + 6)[0]}:${data.readUInt16BE(at + 4)}`;
  if (type === "A") return data.subarray(at, end).join(".");
  if (type === "AAAA") return Array.from({ length: 8 }, (_, n) => data.readUInt16BE(at + 2 * n).toString(16)).join(":");
  if (type !== "TXT") return data.toString("hex", at, end);
  const texts = [];
  for (; at < end; at += 1 + data[at]) texts.push(data.toString("utf8", at + 1, Math.min(at + 1 + data[at], end)));
  return texts.join(" ");
}

/**
 * What a message says. `ttlAt` is where a record's time to live stands.
 * @param {Buffer} data
 */
export function decode(data) {
  if (data.length < QUESTION) throw new Error("not a DNS message");
  const records = [];
  let [name, at] = data.readUInt16BE(4) > 0 ? readName(data, QUESTION) : ["", QUESTION - 4];
  const question = { name, type: at >= QUESTION ? data.readUInt16BE(at) : 0, end: at + 4 };
  at += 4;
  for (let left = data.readUInt16BE(6) + data.readUInt16BE(8) + data.readUInt16BE(10); left > 0; left--) {
    [name, at] = readName(data, at);
    const code = data.readUInt16BE(at);
    const type = Object.keys(TYPES).find((key) => TYPES[key] === code) ?? `TYPE${code}`;
    const end = at + 10 + data.readUInt16BE(at + 8);
    const value = readValue(data, type, at + 10, end);
    records.push({ name, type, ttl: data.readUInt32BE(at + 4), ttlAt: at + 4, value });
    at = end;
  }
  return { code: CODES[data[3] & 15] ?? "unknown", truncated: (data[2] & 2) !== 0, question, records };
}
