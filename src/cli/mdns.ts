/** As much of DNS (RFC 1035) as an mDNS query (RFC 6762) and the reading of its answers need. */
import { Buffer } from "node:buffer";
import { UsageError } from "./failure.ts";

/** Where mDNS is spoken. */
export const MDNS = { port: 5353, group4: "224.0.0.251", group6: "ff02::fb" } as const;
/** The name whose answers list all types of services (RFC 6763, 9). */
export const ALL_SERVICES = "_services._dns-sd._udp.local";

const TYPES: Record<number, string> = { 1: "A", 12: "PTR", 16: "TXT", 28: "AAAA", 33: "SRV" };
const PTR = 12;
const IN = 1;
const UNICAST_RESPONSE = 0x8000;
const IS_RESPONSE = 0x8000;
const HEADER = 12;
/** The shortest: of the root's name. */
const LEAST_QUESTION = 5;
const LEAST_RECORD = 11;
const MOST_RECORDS = 500;
/** RFC 1035, 2.3.4. A name within that has 127 labels, and needs no more pointers than labels. */
const LONGEST_NAME = 255;
const LONGEST_LABEL = 63;
const MOST_POINTERS = 127;

/** A record of an answer. */
export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

/** What is no message as the RFC has it. */
class Malformed extends Error {}

/** A question for the PTR records of a name, to be answered to its sender alone. */
export function encodeQuery(name: string): Buffer {
  const labels = name.replace(/\.$/, "").split(".").map((label) => Buffer.from(label));
  const length = labels.reduce((sum, label) => sum + label.length + 1, 1);
  if (length > LONGEST_NAME || labels.some((label) => label.length < 1 || label.length > LONGEST_LABEL)) {
    throw new UsageError(`not a DNS name: ${JSON.stringify(name)}`);
  }
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(1, 4);
  const end = Buffer.alloc(5);
  end.writeUInt16BE(PTR, 1);
  end.writeUInt16BE(IN | UNICAST_RESPONSE, 3);
  return Buffer.concat([header, ...labels.flatMap((label) => [Buffer.from([label.length]), label]), end]);
}

/** A name, and where the reading goes on; compressed ones lead backwards only, so that no loop is possible. */
function readName(data: Buffer, start: number): [string, number] {
  const labels: string[] = [];
  let at = start;
  let next = -1;
  let limit = start;
  let pointers = 0;
  let length = 1;
  for (;;) {
    const head = byteAt(data, at);
    if (head >= 0xc0) {
      const target = (head & 0x3f) << 8 | byteAt(data, at + 1);
      if (next < 0) next = at + 2;
      if (target >= limit || target < HEADER || ++pointers > MOST_POINTERS) throw new Malformed("a pointer of no name");
      at = limit = target;
    } else if (head > LONGEST_LABEL) throw new Malformed("a label of unknown kind");
    else if (head === 0) return [labels.join("."), next < 0 ? at + 1 : next];
    else {
      length += 1 + head;
      if (length > LONGEST_NAME) throw new Malformed("a name is too long");
      if (at + 1 + head > data.length) throw new Malformed("a label is cut off");
      labels.push(data.toString("utf8", at + 1, at + 1 + head));
      at += 1 + head;
    }
  }
}

function byteAt(data: Buffer, at: number): number {
  if (at >= data.length) throw new Malformed("the message is cut off");
  return data[at];
}

function readTexts(data: Buffer, start: number, end: number): string {
  const texts: string[] = [];
  for (let at = start; at < end; at += 1 + data[at]) {
    if (at + 1 + data[at] > end) throw new Malformed("a text is cut off");
    texts.push(data.toString("utf8", at + 1, at + 1 + data[at]));
  }
  return texts.filter((text) => text !== "").join(" ");
}

/** A name that fills the rest of a record. */
function readNameTo(data: Buffer, start: number, end: number): string {
  const [name, next] = readName(data, start);
  if (next !== end) throw new Malformed("a name is not as long as its record");
  return name;
}

function readValue(data: Buffer, type: string, start: number, end: number): string {
  if (type === "PTR") return readNameTo(data, start, end);
  if (type === "TXT") return readTexts(data, start, end);
  if (type === "SRV") {
    if (end - start < 7) throw new Malformed("a record is cut off");
    return `${readNameTo(data, start + 6, end)}:${data.readUInt16BE(start + 4)}`;
  }
  if (end - start !== (type === "A" ? 4 : 16)) throw new Malformed("an address of another length");
  if (type === "A") return data.subarray(start, end).join(".");
  return Array.from({ length: 8 }, (_, group) => data.readUInt16BE(start + 2 * group).toString(16)).join(":");
}

/** The records of an answer, the first of very many; or undefined for what is none. */
export function decodeAnswer(data: Buffer): DnsRecord[] | undefined {
  try {
    return data.length >= HEADER && data.readUInt16BE(2) & IS_RESPONSE ? readRecords(data) : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function readRecords(data: Buffer): DnsRecord[] {
  const questions = data.readUInt16BE(4);
  const count = data.readUInt16BE(6) + data.readUInt16BE(8) + data.readUInt16BE(10);
  if (HEADER + questions * LEAST_QUESTION + count * LEAST_RECORD > data.length) {
    throw new Malformed("there is no room for so many records");
  }
  let at = HEADER;
  for (let left = questions; left > 0; left--) at = readName(data, at)[1] + 4;
  const records: DnsRecord[] = [];
  for (let left = Math.min(count, MOST_RECORDS); left > 0; left--) {
    const [name, fields] = readName(data, at);
    const start = fields + 10;
    if (start > data.length) throw new Malformed("a record is cut off");
    const type = TYPES[data.readUInt16BE(fields)];
    at = start + data.readUInt16BE(fields + 8);
    if (at > data.length) throw new Malformed("a record is cut off");
    if (type) records.push({ name, type, value: readValue(data, type, start, at) });
  }
  return records;
}
