import { Buffer } from "node:buffer";
import type { MessageBuffer } from "../../core/backend.ts";

/** The memory that messages may share: the more, the fewer of them, and the more a message that is kept keeps. */
const BLOCK_SIZE = 16_384;

/** Larger ones would leave much of a block unused, and what they save is little beside the copying. */
const LARGEST_SHARED = 4096;

/** Has the received bytes of `source` from `start` on as a message, which what is received later leaves alone. */
export type CopyMessage = (source: Uint8Array, start: number, size: number) => MessageBuffer;

/** In memory of its own and of its size: of eight ways measured on Deno 2.9.5 the cheapest. */
export function ownCopy(source: Uint8Array, start: number, size: number): MessageBuffer {
  const data = Buffer.allocUnsafeSlow(size);
  data.set(source.subarray(start, start + size));
  return data;
}

let block: MessageBuffer | null = null;
let used = 0;

/** In a block that it shares with others of the thread, if it is small. Never in what another one has. */
export function pooledCopy(source: Uint8Array, start: number, size: number): MessageBuffer {
  if (size > LARGEST_SHARED) return ownCopy(source, start, size);
  if (block === null || used + size > BLOCK_SIZE) {
    block = Buffer.allocUnsafeSlow(BLOCK_SIZE);
    used = 0;
  }
  const at = used;
  // So that typed arrays can be made of whatever begins a message.
  used = at + size + 7 & ~7;
  block.set(source.subarray(start, start + size), at);
  return block.subarray(at, at + size);
}

/** The way to copy that a socket asked for. */
export function copyFor(pooledMessages: boolean | undefined): CopyMessage {
  return pooledMessages ? pooledCopy : ownCopy;
}
