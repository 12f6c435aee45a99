import { byteLengthOf, part } from "./bytes.ts";

/** How many datagrams a message is; a single one has a segment size of 0, or below. */
export function datagramsIn(size: number, segmentSize: number): number {
  return segmentSize > 0 && Math.ceil(size / segmentSize) || 1;
}

/** Views of the bytes, each of `size` of them but the last, which may be shorter; of no bytes one empty view. */
export function segmentsOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const length = byteLengthOf(bytes);
  const segments: Uint8Array[] = [];
  let at = 0;
  do {
    segments.push(part(bytes, at, Math.min(size, length - at)));
    at += size;
  } while (at < length);
  return segments;
}
