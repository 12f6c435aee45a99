/**
 * What a view really holds: read by the language's own getters, since an object can carry a `length`, a `byteLength` or a
 * `buffer` of its own that says something else, and whoever believes it sends memory that is nobody's.
 */
import { Buffer } from "node:buffer";

interface Getters {
  readonly [name: string | symbol]: { get(): unknown };
}

const { getOwnPropertyDescriptors } = Object;
const ofTypedArray = getOwnPropertyDescriptors(Object.getPrototypeOf(Uint8Array.prototype)) as unknown as Getters;
const ofDataView = getOwnPropertyDescriptors(DataView.prototype) as unknown as Getters;
/** The name of a typed array's class; undefined for a DataView. */
const kind = ofTypedArray[Symbol.toStringTag].get;
const byteLength = ofTypedArray.byteLength.get;

/** No bytes. */
export const NOTHING: Uint8Array = new Uint8Array(0);

/** The bytes that a typed array has now: none if its memory was transferred or cut off. */
export function byteLengthOf(bytes: Uint8Array): number {
  return byteLength.call(bytes) as number;
}

/** How many bytes all parts have together. */
export function totalLengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + byteLengthOf(part), 0);
}

/** The bytes of a text or a view; null of anything else. */
export function toBytes(value: string): Uint8Array;
export function toBytes(value: unknown): Uint8Array | null;
export function toBytes(value: unknown): Uint8Array | null {
  if (typeof value === "string") return Buffer.from(value);
  return ArrayBuffer.isView(value) ? bytesOf(value) : null;
}

/** The same bytes as a Uint8Array; it stays one with what it was made of. */
function bytesOf(view: ArrayBufferView): Uint8Array {
  return kind.call(view) === "Uint8Array" ? view as Uint8Array : part(view);
}

/** So many bytes from `offset` on; all of them, where neither is given. */
export function part(view: ArrayBufferView, offset = 0, length?: number): Uint8Array {
  const getters = kind.call(view) === undefined ? ofDataView : ofTypedArray;
  try {
    const start = getters.byteOffset.get.call(view) as number;
    const size = length ?? getters.byteLength.get.call(view) as number;
    return new Uint8Array(getters.buffer.get.call(view) as ArrayBuffer, start + offset, size);
  } catch {
    // Its memory was transferred.
    return NOTHING;
  }
}

/** Memory of its own with the bytes of all parts, which have `size` together. */
export function joinBytes(parts: readonly Uint8Array[], size: number): Uint8Array {
  const joined = Buffer.allocUnsafe(size);
  let at = 0;
  for (const bytes of parts) {
    const length = byteLengthOf(bytes);
    // Memory that was transferred can't be copied from.
    if (length > 0) joined.set(bytes, at);
    at += length;
  }
  return joined;
}
