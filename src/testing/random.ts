/**
 * Randomness of the network's own. It is made of 32-bit integers, and of additions, multiplications, divisions and square
 * roots, which are the same to the last bit on every engine; `Math.log`, `exp`, `pow` and `sin` are not.
 */

/** The generator xoshiro128** of David Blackman and Sebastiano Vigna. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** Each purpose has a stream of its own, so that one more of them changes nothing for the others. */
  constructor(seed: number, purpose: string) {
    const next = splitMix(hash(purpose, seed));
    this.#a = next();
    this.#b = next();
    this.#c = next();
    // All zeros would stay so.
    this.#d = next() | 1;
  }

  /** A whole number, 0 to 2 ** 32 - 1. */
  uint32(): number {
    const scrambled = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotate(this.#d, 11);
    return scrambled;
  }

  /** 0 to 1, without 1. */
  fraction(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** True in this part of all cases. */
  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }

  /** A whole number below `end`. */
  below(end: number): number {
    return Math.floor(this.fraction() * end);
  }

  /** Normal, with mean 0 and deviation 1: the sum of twelve, which is never further off than six. */
  normal(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.fraction();
    return sum;
  }

  /** Long-tailed (Lomax with the shape 4), with mean 1, from 0 on. */
  longTailed(): number {
    const left = 1 - this.fraction();
    return 3 * (1 / Math.sqrt(Math.sqrt(left)) - 1);
  }
}

/** Generators of one owner, each for a purpose, which are made when they are asked for. */
export class RandomStreams {
  readonly #seed: number;
  readonly #owner: string;
  readonly #streams: Map<string, Random> = new Map();

  constructor(seed: number, owner: string) {
    this.#seed = seed;
    this.#owner = owner;
  }

  of(purpose: string): Random {
    let stream = this.#streams.get(purpose);
    if (stream === undefined) {
      stream = new Random(this.#seed, `${this.#owner}: ${purpose}`);
      this.#streams.set(purpose, stream);
    }
    return stream;
  }
}

function rotate(value: number, bits: number): number {
  return value << bits | value >>> 32 - bits;
}

/** FNV-1a over the UTF-16 units, begun with the seed. */
export function hash(text: string, seed: number): number {
  let value = 0x811c_9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x0100_0193);
  return value | 0;
}

/** The generator splitmix32, which makes a whole state of one number. */
function splitMix(state: number): () => number {
  return () => {
    state = state + 0x9e37_79b9 | 0;
    let value = Math.imul(state ^ state >>> 16, 0x21f0_aaad);
    value = Math.imul(value ^ value >>> 15, 0x735a_2d97);
    return value ^ value >>> 15;
  };
}
