/**
 * Memory that system calls read and write. It is allocated once and kept for ever, so its address never changes; a
 * typed array made by length alone may live inside the engine's own heap, which one made on an ArrayBuffer does not.
 */
import type { Binding, Pointer } from "./calls.ts";

/** A block of memory with its views and the pointer that the calls take. */
export interface Memory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly pointer: Pointer;
}

/** Allocates zeroed memory, aligned to eight bytes. */
export function allocate(binding: Binding, size: number): Memory {
  // Up to 64 bytes V8 may keep a buffer's data on its heap.
  const bytes = new Uint8Array(new ArrayBuffer(Math.max(size, 128)));
  return slice(binding, bytes, 0, bytes.byteLength);
}

/** An address that a number holds: one whose highest byte is a tag (arm64's memory tagging) would be rounded to another's. */
export function addressOf(binding: Binding, memory: Uint8Array): number {
  const address = Number(binding.address(memory));
  if (address < 2 ** 53) return address;
  throw new RangeError("a tagged address");
}

/** A part of a block. */
export function slice(binding: Binding, block: Uint8Array, start: number, size: number): Memory {
  const bytes = new Uint8Array(block.buffer, block.byteOffset + start, size);
  return {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, size),
    pointer: binding.pointer(bytes),
  };
}
