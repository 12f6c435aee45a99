/** Views of the bytes, each of `size` of them but the last, which may be shorter; of no bytes one empty view. */
export function segmentsOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const segments = [bytes.subarray(0, size)];
  for (let at = size; at < bytes.length; at += size) segments.push(bytes.subarray(at, at + size));
  return segments;
}
