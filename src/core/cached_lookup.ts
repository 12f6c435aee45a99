/** A look-up that remembers. */
import { builtin } from "./builtins.ts";
import { isIP } from "./ip.ts";
import { nextTick } from "./process.ts";
import { outOfRange } from "./errors.ts";
import { resolve } from "./lookup.ts";
import type { LookupFunction } from "./types.ts";
import { validateFunction, validateNumber, validateObject, validateString, validateUint32 } from "./validate.ts";

/** What {@linkcode cachedLookup} takes. */
export interface CachedLookupOptions {
  /** How long an answer is used, in milliseconds: above 0, and `Infinity` for ever; 30,000 if left out. */
  ttl?: number;
  /** How many answers are kept: 1 to 4,294,967,295; 1,000 if left out. The one used longest ago goes first. */
  max?: number;
  /** What is asked for names that are not in the cache; `dns.lookup` if left out. */
  lookup?: LookupFunction;
}

/**
 * Makes a look-up with a cache, for the `lookup` option of `createSocket`, so that a thousand datagrams to one host name
 * cost one question. Sockets that are given the same one share its answers.
 *
 * Look-ups of one name and family that run at the same time are joined to one. A failure is told to all who wait for
 * it, and is not kept: the next send asks again. A numeric address is answered without asking anybody. As with
 * `dns.lookup`, an answer always comes on a later tick. The cache holds no timer and keeps no process alive; an answer's
 * time to live is its own, since `getaddrinfo` does not tell that of the DNS record.
 *
 * Works alike on Node 18 to 26, Deno and Bun. Origin: this module; `node:dgram` asks `dns.lookup` for every datagram.
 *
 * @param options see {@linkcode CachedLookupOptions}
 * @returns a look-up function with this module's signature: (host name, 4 or 6, callback)
 * @throws {TypeError} ERR_INVALID_ARG_TYPE for an option of another type
 * @throws {RangeError} ERR_OUT_OF_RANGE for a `ttl` or `max` out of its range
 *
 * @example Many datagrams to one host name
 * ```ts
 * import { cachedLookup, createSocket } from "@x/dgram";
 *
 * const socket = createSocket({ type: "udp4", lookup: cachedLookup({ ttl: 60_000 }) });
 * for (let n = 0; n < 10; n++) socket.send(`requests:${n}|c`, 8125, "localhost");
 * socket.close();
 * ```
 */
export function cachedLookup(options: CachedLookupOptions = {}): LookupFunction {
  validateObject(options, "options");
  const { ttl = 30_000, max = 1000, lookup } = options;
  validateNumber(ttl, "options.ttl");
  if (!(ttl > 0)) throw outOfRange("options.ttl", "> 0", ttl);
  validateUint32(max, "options.max");
  if (max === 0) throw outOfRange("options.max", ">= 1 && <= 4294967295", max);
  if (lookup !== undefined) validateFunction(lookup, "options.lookup");
  const cache = new LookupCache(ttl, max, lookup);
  return (hostname, family, callback) => cache.lookup(hostname, family, callback);
}

type Callback = Parameters<LookupFunction>[2];

interface Answer {
  readonly address: string;
  readonly expires: number;
}

class LookupCache {
  readonly #ttl: number;
  readonly #max: number;
  readonly #ask: LookupFunction | undefined;
  /** In the order of their last use. */
  readonly #answers: Map<string, Answer> = new Map();
  readonly #waiting: Map<string, Callback[]> = new Map();

  constructor(ttl: number, max: number, ask: LookupFunction | undefined) {
    this.#ttl = ttl;
    this.#max = max;
    this.#ask = ask;
  }

  lookup(hostname: string, family: 4 | 6, callback: Callback): void {
    validateString(hostname, "hostname");
    validateFunction(callback, "callback");
    const literal = isIP(hostname);
    if (literal !== 0) {
      nextTick(callback, null, hostname, literal);
      return;
    }
    const key = `${family} ${hostname}`;
    const known = this.#known(key);
    if (known === undefined) this.#join(key, hostname, family, callback);
    else nextTick(callback, null, known, family);
  }

  #known(key: string): string | undefined {
    const answer = this.#answers.get(key);
    if (answer === undefined) return undefined;
    this.#answers.delete(key);
    if (answer.expires <= performance.now()) return undefined;
    this.#answers.set(key, answer);
    return answer.address;
  }

  #join(key: string, hostname: string, family: 4 | 6, callback: Callback): void {
    // Whoever waits is called back in his own asynchronous context, not in that of the one who asked first.
    const bound = builtin("async_hooks").AsyncResource.bind(callback);
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      waiting.push(bound);
      return;
    }
    const callbacks = [bound];
    this.#waiting.set(key, callbacks);
    try {
      resolve(this.#ask, hostname, family, (error, address) => {
        this.#waiting.delete(key);
        if (!error) this.#remember(key, address, family);
        // One tick each: what one of them throws must not keep the others from their answer.
        for (const callBack of callbacks) nextTick(callBack, error, address, family);
      });
    } catch (error) {
      this.#waiting.delete(key);
      throw error;
    }
  }

  #remember(key: string, address: string, family: 4 | 6): void {
    if (isIP(address) !== family) return;
    this.#answers.set(key, { address, expires: performance.now() + this.#ttl });
    if (this.#answers.size > this.#max) this.#answers.delete(this.#answers.keys().next().value!);
  }
}
