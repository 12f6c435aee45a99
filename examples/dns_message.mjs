// @ts-check
// Messages of DNS (RFC 1035): a question, and the records of an answer. For the DNS and mDNS examples.
import { Buffer } from "node:buffer";

/** @type {Record<string, number>} */
export const TYPES = { A: 1, NS: 2, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33 };
export const CODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];
const QUESTION = 12; // where it begins, behind the header
const LONGEST_NAME = 255; // bytes, with the labels' lengths and the end (RFC 1035, 2.3.4)
const MOST_RECORDS = 1000; // that are looked at

/**
 * A question for the records of a name; `flags` 0x0100 asks for recursion.
 * @param {{ name: string, type: number, id?: number, flags?: number, classCode?: number }} question
 */
export function encodeQuery({ name, type, id = 0, flags = 0x0100, classCode = 1 }) {
  const labels = name.split(".").filter((label) => label !== "").map((label) => Buffer.from(label));
  if (labels.some(({ length }) => length > 63) || name.length > LONGEST_NAME) {
    throw new Error(`not a DNS name: ${name}`);
  }
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
 * A name, and where what follows it begins. Pointers lead backwards only, and a name has 255 bytes at most, so that
 * this comes to an end soon, whoever has sent it.
 * @param {Buffer} data
 * @param {number} start
 * @returns {[string, number]}
 */
function readName(data, start) {
  const labels = [];
  let [at, limit, next, size, pointers] = [start, start, 0, 1, 0];
  for (;;) {
    const length = data.readUInt8(at);
    if (length === 0) return [labels.join("."), next || at + 1];
    if (length >= 0xc0) {
      const target = data.readUInt16BE(at) & 0x3fff;
      next ||= at + 2;
      if (target >= limit || target < QUESTION || ++pointers > LONGEST_NAME / 2) {
        throw new Error("a pointer of no name");
      }
      at = limit = target;
      continue;
    }
    size += 1 + length;
    if (length > 63 || size > LONGEST_NAME) throw new Error("a name is too long");
    if (at + 1 + length > data.length) throw new Error("a name is cut off");
    labels.push(data.toString("utf8", at + 1, at + 1 + length));
    at += 1 + length;
  }
}

/**
 * A name that fills the rest of a record.
 * @param {Buffer} data
 * @param {number} at
 * @param {number} end
 */
function readNameTo(data, at, end) {
  const [name, next] = readName(data, at);
  if (next !== end) throw new Error("a name is not as long as its record");
  return name;
}

/**
 * A record's value as text.
 * @param {Buffer} data
 * @param {string} type
 * @param {number} at
 * @param {number} end
 */
function readValue(data, type, at, end) {
  if (type === "NS" || type === "CNAME" || type === "PTR") return readNameTo(data, at, end);
  if (type === "MX") return `${data.readUInt16BE(at)} ${readNameTo(data, at + 2, end)}`;
  if (type === "SRV") return `${readNameTo(data, at + 6, end)}:${data.readUInt16BE(at + 4)}`;
  if (type === "A" || type === "AAAA") {
    if (end - at !== (type === "A" ? 4 : 16)) throw new Error("an address of another length");
    if (type === "A") return data.subarray(at, end).join(".");
    return Array.from({ length: 8 }, (_, n) => data.readUInt16BE(at + 2 * n).toString(16)).join(":");
  }
  if (type !== "TXT") return data.toString("hex", at, end);
  const texts = [];
  for (; at < end; at += 1 + data[at]) {
    if (at + 1 + data[at] > end) throw new Error("a text is cut off");
    texts.push(data.toString("utf8", at + 1, at + 1 + data[at]));
  }
  return texts.join(" ");
}

/**
 * What a message says; it throws for what is none. `ttlAt` is where a record's time to live stands.
 * @param {Buffer} data
 */
export function decode(data) {
  if (data.length < QUESTION) throw new Error("not a DNS message");
  const questions = data.readUInt16BE(4);
  const count = data.readUInt16BE(6) + data.readUInt16BE(8) + data.readUInt16BE(10);
  // The shortest are those of the root.
  if (questions > 1 || count > MOST_RECORDS || QUESTION + 5 * questions + 11 * count > data.length) {
    throw new Error("not that many records");
  }
  const records = [];
  let [name, at] = questions > 0 ? readName(data, QUESTION) : ["", QUESTION - 4];
  const question = { name, type: questions > 0 ? data.readUInt16BE(at) : 0, end: at + 4 };
  at += 4;
  for (let left = count; left > 0; left--) {
    [name, at] = readName(data, at);
    const code = data.readUInt16BE(at);
    const type = Object.keys(TYPES).find((key) => TYPES[key] === code) ?? `TYPE${code}`;
    const end = at + 10 + data.readUInt16BE(at + 8);
    if (end > data.length) throw new Error("a record is cut off");
    const value = readValue(data, type, at + 10, end);
    records.push({ name, type, ttl: data.readUInt32BE(at + 4), ttlAt: at + 4, value });
    at = end;
  }
  if (question.end > data.length) throw new Error("a question is cut off");
  return { code: CODES[data[3] & 15] ?? "unknown", truncated: (data[2] & 2) !== 0, question, records };
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
