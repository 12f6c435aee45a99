/** The largest datagram is 65,535 bytes with its header. */
const SIZE = 65_536;

/** Buffers share their memory: the kernel gives it page by page as it is written to, so that a small one costs 4 KiB. */
const PER_SLAB = 16;

const free: Uint8Array[] = [];

/** A buffer that holds any datagram. To be given back, when nothing writes to it any more. */
export function takeBuffer(): Uint8Array {
  if (free.length === 0) {
    const slab = new ArrayBuffer(SIZE * PER_SLAB);
    for (let i = 0; i < PER_SLAB; i++) free.push(new Uint8Array(slab, i * SIZE, SIZE));
  }
  return free.pop()!;
}

export function giveBack(buffer: Uint8Array): void {
  free.push(buffer);
}
