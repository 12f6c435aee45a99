/** How much may come from one prefix. */
export interface Rate {
  readonly datagrams: number;
  readonly bytes: number;
  readonly burst: number;
}

/**
 * Token buckets for more prefixes than there are places: two rows of buckets, and of a prefix one in each. A datagram is
 * refused if both are empty (a count-min sketch with conservative update, Estan and Varghese 2002). So nothing is ever
 * forgotten for want of room: a prefix never gets more than its rate, however many others there are; and it gets less only
 * where others have emptied both of its buckets, which nobody can choose who has not the key.
 *
 * A bucket is the time at which it will be full again, in milliseconds (the generic cell rate algorithm).
 */
export class RateSketch {
  readonly #mask: number;
  /** Of each bucket the time for datagrams and that for bytes: beside each other, for the processor's caches. */
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  readonly #perDatagram: number;
  readonly #perByte: number;
  readonly #burst: number;

  /** @param size buckets in a row: a power of two, at most 65536 */
  constructor({ datagrams, bytes, burst }: Rate, size: number) {
    this.#mask = size - 1;
    this.#first = new Float64Array(2 * size);
    this.#second = new Float64Array(2 * size);
    this.#perDatagram = 1000 / datagrams;
    this.#perByte = 1000 / bytes;
    this.#burst = burst;
  }

  /** Takes one datagram out of its prefix's buckets; false, and nothing is taken, if there is not so much in them. */
  take(prefix: number, bytes: number, now: number): boolean {
    const first = this.#first;
    const second = this.#second;
    const i = (prefix & this.#mask) << 1;
    const k = (prefix >>> 16 & this.#mask) << 1;
    const latest = now + this.#burst;
    const least = Math.min(first[i], second[k]);
    const leastOfBytes = Math.min(first[i + 1], second[k + 1]);
    // Out of full buckets any one may be taken, however long it is.
    if (least + this.#perDatagram > latest && least > now) return false;
    const costOfBytes = bytes * this.#perByte;
    if (leastOfBytes + costOfBytes > latest && leastOfBytes > now) return false;
    const time = Math.max(least, now) + this.#perDatagram;
    const timeOfBytes = Math.max(leastOfBytes, now) + costOfBytes;
    if (first[i] < time) first[i] = time;
    if (second[k] < time) second[k] = time;
    if (first[i + 1] < timeOfBytes) first[i + 1] = timeOfBytes;
    if (second[k + 1] < timeOfBytes) second[k + 1] = timeOfBytes;
    return true;
  }
}
