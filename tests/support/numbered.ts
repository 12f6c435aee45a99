/** Datagrams each of whose bytes follows from the number that it carries: what is another's, or was reused, is seen. */
import { Buffer } from "node:buffer";

/** No datagram has much of it: where it is received, somebody else's memory was sent, or given to who received. */
export const POISON = 0xee;

const LONGEST = 65_507;
/** A number and what it and the length make. Shorter datagrams carry none, and show their length alone. */
const HEAD = 8;
/** So many numbers have a pattern of their own. */
const PERIOD = 1021;

const pattern = Buffer.from(
  Array.from({ length: LONGEST + PERIOD }, (_, i) => 1 + (31 * i + 17 * (i >> 7)) % (POISON - 1)),
);

/** True if a datagram of that length carries its number. */
export function hasNumber(length: number): boolean {
  return length >= HEAD;
}

export function write(number: number, into: Uint8Array): void {
  const { length } = into;
  if (!hasNumber(length)) {
    into.fill(64 + length);
    return;
  }
  into.set(pattern.subarray(number % PERIOD, number % PERIOD + length));
  const view = new DataView(into.buffer, into.byteOffset, HEAD);
  view.setUint32(0, number);
  view.setUint32(4, checkOf(number, length));
}

/** Of a datagram without a fault. */
export function numberOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, HEAD).getUint32(0);
}

/** What is wrong with its bytes, or null. */
export function faultOf(bytes: Uint8Array): string | null {
  const { length } = bytes;
  if (!hasNumber(length)) return bytes.every((byte) => byte === 64 + length) ? null : shown(bytes);
  const number = numberOf(bytes);
  const isWhole = new DataView(bytes.buffer, bytes.byteOffset, HEAD).getUint32(4) === checkOf(number, length);
  const rest = pattern.subarray(number % PERIOD + HEAD, number % PERIOD + length);
  return isWhole && rest.equals(bytes.subarray(HEAD)) ? null : shown(bytes);
}

function checkOf(number: number, length: number): number {
  return (Math.imul(number, 0x9e37_79b1) ^ length) >>> 0;
}

function shown(bytes: Uint8Array): string {
  const poisoned = bytes.reduce((sum, byte) => sum + (byte === POISON ? 1 : 0), 0);
  return `${bytes.length} bytes, ${poisoned} of them of what nobody sends: ${
    Buffer.from(bytes).toString("hex", 0, 16)
  }`;
}
