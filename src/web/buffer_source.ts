import { Buffer } from "node:buffer";
import { types } from "node:util";

/** What a view is a view of, and where; read as the engine knows it, since an object may say otherwise of itself. */
interface Intrinsics {
  readonly buffer: (this: unknown) => ArrayBufferLike;
  readonly byteOffset: (this: unknown) => number;
  readonly byteLength: (this: unknown) => number;
}

const typedArrays = intrinsicsOf(Object.getPrototypeOf(Uint8Array.prototype));
const dataViews = intrinsicsOf(DataView.prototype);
const lengthOf = getter(ArrayBuffer.prototype, "byteLength") as (this: unknown) => number;

/**
 * A copy of what Web IDL calls a BufferSource, made without running any code of the user's.
 *
 * @throws {TypeError} for what is none, which shared memory is not
 */
export function copyOf(data: unknown): Buffer {
  if (types.isArrayBuffer(data)) return copy(data, 0, lengthOf.call(data));
  if (ArrayBuffer.isView(data)) {
    const view = types.isDataView(data) ? dataViews : typedArrays;
    const buffer = view.buffer.call(data);
    if (types.isArrayBuffer(buffer)) return copy(buffer, view.byteOffset.call(data), view.byteLength.call(data));
  }
  throw new TypeError("data must be an ArrayBuffer or a view of one");
}

function copy(buffer: ArrayBuffer, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  // What is detached can't be looked at, and counts as empty.
  if (length > 0) bytes.set(new Uint8Array(buffer, offset, length));
  return bytes;
}

function intrinsicsOf(prototype: object): Intrinsics {
  return {
    buffer: getter(prototype, "buffer") as Intrinsics["buffer"],
    byteOffset: getter(prototype, "byteOffset") as Intrinsics["byteOffset"],
    byteLength: getter(prototype, "byteLength") as Intrinsics["byteLength"],
  };
}

function getter(prototype: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(prototype, name)!.get;
}
