import { randomBytes } from "node:crypto";
import { readAddress } from "./read_address.ts";

/**
 * What is known of a source: keyed hashes of its prefix, and of its address and port. The key is nobody else's, so nobody
 * can choose sources that meet in a table. HalfSipHash-1-3 (Aumasson, Bernstein: SipHash, 2012), which Linux takes for its
 * own tables as hsiphash; BigInt or node:crypto would cost ten times the bound of a datagram.
 *
 * One object is filled anew for each source: a datagram costs no allocation.
 */
export class SourceDigest {
  /** Of the prefix: 32 bits. */
  prefix = 0;
  /** Of the address and the port: 32 bits, and with them 53. */
  low = 0;
  tag = 0;
  /** Of the last address: its header of IP and UDP, in bytes. */
  headers = 0;
  readonly #key: Int32Array = new Int32Array(2);
  readonly #words: Int32Array = new Int32Array(5);
  #address = "";
  #port = -1;

  constructor() {
    const bytes = randomBytes(8);
    this.#key[0] = bytes.readInt32LE(0);
    this.#key[1] = bytes.readInt32LE(4);
  }

  /** @returns false for what is no numeric address */
  read(address: string, port: number): boolean {
    // An answer goes, as a rule, to whom the last datagram came from.
    if (port === this.#port && address === this.#address) return true;
    const words = this.#words;
    this.#port = -1;
    const family = readAddress(address, words);
    if (family === 0) return false;
    this.headers = family === 4 ? 28 : 48;
    if (family === 4) this.#hash(words[3] >>> 8, -1, (words[3] & 255) << 16 | port, 0, 0, 1);
    else this.#hash(words[0], words[1], words[2], words[3], port << 16 | words[4] & 0xffff, 3);
    this.#address = address;
    this.#port = port;
    return true;
  }

  /** Two words of prefix, then what else tells a source from others. */
  #hash(m0: number, m1: number, m2: number, m3: number, m4: number, parts: number): void {
    const k0 = this.#key[0];
    const k1 = this.#key[1];
    let v0 = k0;
    let v1 = k1;
    let v2 = k0 ^ 0x6c796765;
    let v3 = k1 ^ 0x74656462;

    v3 ^= m0;
    v0 = v0 + v1 | 0, v1 = (v1 << 5 | v1 >>> 27) ^ v0, v0 = v0 << 16 | v0 >>> 16;
    v2 = v2 + v3 | 0, v3 = (v3 << 8 | v3 >>> 24) ^ v2;
    v0 = v0 + v3 | 0, v3 = (v3 << 7 | v3 >>> 25) ^ v0;
    v2 = v2 + v1 | 0, v1 = (v1 << 13 | v1 >>> 19) ^ v2, v2 = v2 << 16 | v2 >>> 16;
    v0 ^= m0;

    v3 ^= m1;
    v0 = v0 + v1 | 0, v1 = (v1 << 5 | v1 >>> 27) ^ v0, v0 = v0 << 16 | v0 >>> 16;
    v2 = v2 + v3 | 0, v3 = (v3 << 8 | v3 >>> 24) ^ v2;
    v0 = v0 + v3 | 0, v3 = (v3 << 7 | v3 >>> 25) ^ v0;
    v2 = v2 + v1 | 0, v1 = (v1 << 13 | v1 >>> 19) ^ v2, v2 = v2 << 16 | v2 >>> 16;
    v0 ^= m1;

    // The end of the prefix's message, on a copy of the state.
    let p0 = v0;
    let p1 = v1;
    let p2 = v2 ^ 0xff;
    let p3 = v3;
    for (let round = 0; round < 3; round++) {
      p0 = p0 + p1 | 0, p1 = (p1 << 5 | p1 >>> 27) ^ p0, p0 = p0 << 16 | p0 >>> 16;
      p2 = p2 + p3 | 0, p3 = (p3 << 8 | p3 >>> 24) ^ p2;
      p0 = p0 + p3 | 0, p3 = (p3 << 7 | p3 >>> 25) ^ p0;
      p2 = p2 + p1 | 0, p1 = (p1 << 13 | p1 >>> 19) ^ p2, p2 = p2 << 16 | p2 >>> 16;
    }
    this.prefix = p1 ^ p3;

    for (let part = 0; part < parts; part++) {
      const m = part === 0 ? m2 : part === 1 ? m3 : m4;
      v3 ^= m;
      v0 = v0 + v1 | 0, v1 = (v1 << 5 | v1 >>> 27) ^ v0, v0 = v0 << 16 | v0 >>> 16;
      v2 = v2 + v3 | 0, v3 = (v3 << 8 | v3 >>> 24) ^ v2;
      v0 = v0 + v3 | 0, v3 = (v3 << 7 | v3 >>> 25) ^ v0;
      v2 = v2 + v1 | 0, v1 = (v1 << 13 | v1 >>> 19) ^ v2, v2 = v2 << 16 | v2 >>> 16;
      v0 ^= m;
    }

    v2 ^= 0xee;
    for (let round = 0; round < 6; round++) {
      if (round === 3) {
        this.low = v1 ^ v3;
        v1 ^= 0xdd;
      }
      v0 = v0 + v1 | 0, v1 = (v1 << 5 | v1 >>> 27) ^ v0, v0 = v0 << 16 | v0 >>> 16;
      v2 = v2 + v3 | 0, v3 = (v3 << 8 | v3 >>> 24) ^ v2;
      v0 = v0 + v3 | 0, v3 = (v3 << 7 | v3 >>> 25) ^ v0;
      v2 = v2 + v1 | 0, v1 = (v1 << 13 | v1 >>> 19) ^ v2, v2 = v2 << 16 | v2 >>> 16;
    }
    this.tag = (this.low >>> 0) + ((v1 ^ v3) >>> 11) * 2 ** 32;
  }
}
