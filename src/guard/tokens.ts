import { Buffer } from "node:buffer";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { byteLengthOf, joinBytes } from "../core/bytes.ts";
import { readAddress } from "./read_address.ts";
import { checkNumber, readSource, type ReadTokenOptions } from "./read_options.ts";
import type { Source, Tokens } from "./types.ts";

const TIME = 6;
/** Half of the hash, which RFC 2104, 5 allows. */
const TAG = 16;
/** Clocks of processes that share a secret may differ by so much: milliseconds. */
const SKEW = 5000;
/** What other uses of the same secret would not begin with. */
const KEY_OF_PERIOD = "@x/dgram token 1, key of period ";

/** A secret, and the keys that were derived of it last. */
class Keys {
  readonly #secret: Uint8Array;
  readonly #byPeriod: Map<number, Buffer> = new Map();

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  of(period: number): Buffer {
    let key = this.#byPeriod.get(period);
    if (key === undefined) {
      key = createHmac("sha256", this.#secret).update(KEY_OF_PERIOD + period).digest();
      if (this.#byPeriod.size >= 8) this.#byPeriod.clear();
      this.#byPeriod.set(period, key);
    }
    return key;
  }
}

/** Makes tokens, and knows them by their hash alone. */
export class HmacTokens implements Tokens {
  readonly #keys: readonly Keys[];
  readonly #lifetime: number;
  readonly #rotation: number;
  readonly #port: boolean;
  readonly #now: () => number;

  constructor({ secrets, lifetime, rotation, port, now }: ReadTokenOptions) {
    this.#keys = (secrets ?? [randomBytes(32)]).map((secret) => new Keys(secret));
    this.#lifetime = lifetime;
    this.#rotation = rotation;
    this.#port = port;
    this.#now = now;
  }

  make(source: Source): ReturnType<Tokens["make"]> {
    const token = new Uint8Array(TIME + TAG);
    const time = this.#time();
    Buffer.from(token.buffer).writeUIntBE(time, 0, TIME);
    token.set(this.#tagOf(this.#keys[0], time, source), TIME);
    return token;
  }

  check(token: unknown, source: Source): boolean {
    if (!ArrayBuffer.isView(token) || !(token instanceof Uint8Array) || byteLengthOf(token) !== TIME + TAG) {
      return false;
    }
    // What it is now, whatever its memory is a moment later, and whatever it says of itself.
    const bytes = joinBytes([token], TIME + TAG) as Buffer;
    const time = bytes.readUIntBE(0, TIME);
    const age = this.#time() - time;
    // Before anything is computed: of no other periods are there keys.
    if (age > this.#lifetime || age < -SKEW) return false;
    const tag = bytes.subarray(TIME);
    let isGood = false;
    for (const keys of this.#keys) isGood = timingSafeEqual(tag, this.#tagOf(keys, time, source)) || isGood;
    return isGood;
  }

  #time(): number {
    const time = this.#now();
    checkNumber(time, "options.token.now()", 0, 2 ** (8 * TIME) - 1);
    return Math.floor(time);
  }

  #tagOf(keys: Keys, time: number, source: Source): Buffer {
    const { address, port } = readSource(source);
    const words = new Int32Array(5);
    const isIPv4 = readAddress(address, words) === 4;
    const about = Buffer.alloc(TIME + 16 + 2);
    about.writeUIntBE(time, 0, TIME);
    const all = isIPv4 ? [0, 0, 0xffff, words[3]] : words.subarray(0, 4);
    all.forEach((word, index) => about.writeInt32BE(word, TIME + 4 * index));
    about.writeUInt16BE(this.#port ? port : 0, TIME + 16);
    const scope = isIPv4 ? "" : address.split("%")[1] ?? "";
    const key = keys.of(Math.floor(time / this.#rotation));
    return createHmac("sha256", key).update(about).update(scope).digest().subarray(0, TAG);
  }
}
