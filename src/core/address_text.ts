/**
 * IP literals as text and as bytes, read and written as inet_pton and inet_ntop do.
 */

const ZERO = 48;
const DOT = 46;

/**
 * Reads `text` from `start` as four decimal numbers. Like inet_pton it refuses leading zeros and short forms.
 *
 * @returns false if it is no IPv4 address
 */
export function readIPv4(text: string, into: Uint8Array, at: number, start = 0): boolean {
  let part = 0;
  let digits = 0;
  let value = 0;
  for (let i = start; i <= text.length; i++) {
    const code = i === text.length ? DOT : text.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || part === 4) return false;
      into[at + part++] = value;
      digits = value = 0;
    } else {
      const digit = code - ZERO;
      if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return false;
      value = value * 10 + digit;
      if (value > 255) return false;
      digits++;
    }
  }
  return part === 4;
}

/**
 * Reads an IPv6 address without a scope.
 *
 * @returns false if it is none
 */
export function readIPv6(text: string, into: Uint8Array, at: number): boolean {
  const groups: number[] = [];
  let gap = -1;
  let i = 0;
  if (text.startsWith("::")) {
    gap = 0;
    i = 2;
  }
  while (i < text.length) {
    let end = text.indexOf(":", i);
    if (end < 0) end = text.length;
    if (end === text.length && text.indexOf(".", i) >= 0) {
      const four = new Uint8Array(4);
      if (!readIPv4(text, four, 0, i)) return false;
      groups.push(four[0] << 8 | four[1], four[2] << 8 | four[3]);
      break;
    }
    const group = readGroup(text, i, end);
    if (group < 0) return false;
    groups.push(group);
    if (end === text.length) break;
    i = end + 1;
    // A lone colon at the end is an error; "::" at the end is the gap.
    if (i === text.length) return false;
    if (text.charCodeAt(i) === 58) {
      if (gap >= 0) return false;
      gap = groups.length;
      i++;
    }
  }
  if (gap < 0 ? groups.length !== 8 : groups.length > 7) return false;
  const missing = 8 - groups.length;
  for (let k = 0; k < 8; k++) {
    const group = gap < 0 || k < gap ? groups[k] : k < gap + missing ? 0 : groups[k - missing];
    into[at + 2 * k] = group >> 8;
    into[at + 2 * k + 1] = group & 255;
  }
  return true;
}

function readGroup(text: string, start: number, end: number): number {
  if (end === start || end - start > 4) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    const digit = code < 58 ? code - ZERO : (code | 32) - 87;
    if (digit < 0 || digit > 15 || (code > 57 && digit < 10)) return -1;
    value = value << 4 | digit;
  }
  return value;
}

/** Writes four bytes as an IPv4 address. */
export function formatIPv4(from: Uint8Array, at: number): string {
  return `${from[at]}.${from[at + 1]}.${from[at + 2]}.${from[at + 3]}`;
}

/** Writes sixteen bytes as an IPv6 address, as inet_ntop does: the longest run of zeros cut, mapped IPv4 in decimals. */
export function formatIPv6(from: Uint8Array, at: number): string {
  let runStart = -1;
  let runLength = 1;
  let start = 0;
  for (let k = 0; k <= 8; k++) {
    const zero = k < 8 && from[at + 2 * k] === 0 && from[at + 2 * k + 1] === 0;
    if (zero) continue;
    if (k - start > runLength) {
      runStart = start;
      runLength = k - start;
    }
    start = k + 1;
  }
  const mapped = runLength === 5 && from[at + 10] === 255 && from[at + 11] === 255;
  if (runStart === 0 && (mapped || runLength === 6)) {
    return (mapped ? "::ffff:" : "::") + formatIPv4(from, at + 12);
  }
  let text = "";
  for (let k = 0; k < 8; k++) {
    if (k === runStart) {
      text += "::";
      k += runLength - 1;
      continue;
    }
    if (text !== "" && !text.endsWith(":")) text += ":";
    text += (from[at + 2 * k] << 8 | from[at + 2 * k + 1]).toString(16);
  }
  return text;
}

/** True for fe80::/10. */
export function isLinkLocal(from: Uint8Array, at: number): boolean {
  return from[at] === 0xfe && (from[at + 1] & 0xc0) === 0x80;
}
