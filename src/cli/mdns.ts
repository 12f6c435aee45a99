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
const MOST_RECORDS = 500;

/** A record of an answer. */
export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

/** A question for the PTR records of a name, to be answered to its sender alone. */
export function encodeQuery(name: string): Buffer {
  const labels = name.replace(/\.$/, "").split(".").map((label) => Buffer.from(label));
  const length = labels.reduce((sum, label) => sum + label.length + 1, 1);
  if (length > 255 || labels.some((label) => label.length < 1 || label.length > 63)) {
    throw new UsageError(`not a DNS name: ${JSON.stringify(name)}`);
  }
  const header = Buffer.alloc(12);
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
  for (;;) {
    const length = data.readUInt8(at);
    if (length >= 0xc0) {
      const target = data.readUInt16BE(at) & 0x3fff;
      if (next < 0) next = at + 2;
      if (target >= limit) throw new RangeError("a name's pointer leads forwards");
      at = limit = target;
    } else if (length > 63) throw new RangeError("a label of unknown kind");
    else if (length === 0) return [labels.join("."), next < 0 ? at + 1 : next];
    else {
      if (at + 1 + length > data.length) throw new RangeError("a label is cut off");
      labels.push(data.toString("utf8", at + 1, at + 1 + length));
      at += 1 + length;
    }
  }
}

function readTexts(data: Buffer): string {
  const texts: string[] = [];
  for (let at = 0; at < data.length; at += 1 + data[at]) {
    texts.push(data.toString("utf8", at + 1, Math.min(at + 1 + data[at], data.length)));
  }
  return texts.filter((text) => text !== "").join(" ");
}

function readValue(data: Buffer, type: string, start: number, end: number): string {
  if (type === "PTR") return readName(data, start)[0];
  if (type === "SRV") return `${readName(data, start + 6)[0]}:${data.readUInt16BE(start + 4)}`;
  const bytes = data.subarray(start, end);
  if (type === "TXT") return readTexts(bytes);
  if (type === "A") return bytes.join(".");
  return Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(2 * group).toString(16)).join(":");
}

/** The records of an answer, or undefined for what is none. */
export function decodeAnswer(data: Buffer): DnsRecord[] | undefined {
  try {
    if (!(data.readUInt16BE(2) & IS_RESPONSE)) return undefined;
    let at = 12;
    for (let questions = data.readUInt16BE(4); questions > 0; questions--) at = readName(data, at)[1] + 4;
    const count = data.readUInt16BE(6) + data.readUInt16BE(8) + data.readUInt16BE(10);
    const records: DnsRecord[] = [];
    for (let left = Math.min(count, MOST_RECORDS); left > 0; left--) {
      const [name, fields] = readName(data, at);
      const type = TYPES[data.readUInt16BE(fields)];
      const start = fields + 10;
      at = start + data.readUInt16BE(fields + 8);
      if (at > data.length) throw new RangeError("a record is cut off");
      if (type) records.push({ name, type, value: readValue(data, type, start, at) });
    }
    return records;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
