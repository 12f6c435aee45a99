/** How long memory really is. */

/** Those of the prototypes: an object may have properties of its own of these names, which may say anything. */
const lengthOfArray = getter(Object.getPrototypeOf(Uint8Array.prototype), "byteLength");
const lengthOfView = getter(DataView.prototype, "byteLength");

function getter(prototype: object, name: string): (this: unknown) => number {
  return Object.getOwnPropertyDescriptor(prototype, name)!.get!;
}

/** The length of a typed array or DataView in bytes; 0 where its memory was transferred, or no longer reaches it. */
export function byteLengthOf(view: ArrayBufferView): number {
  try {
    return lengthOfArray.call(view);
  } catch {
    return lengthOfDataView(view);
  }
}

/** It throws for a DataView that its memory does not reach any more, and for what is no view at all. */
function lengthOfDataView(view: ArrayBufferView): number {
  try {
    return lengthOfView.call(view);
  } catch {
    return 0;
  }
}
