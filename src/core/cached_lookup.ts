/** A look-up that remembers. */
import { asyncResource } from "./builtins.ts";
import { isIP } from "./ip.ts";
import { nextTick } from "./process.ts";
import { outOfRange } from "./errors.ts";
import { resolve } from "./lookup.ts";
import { backendHere } from "./runtime_backend.ts";
import type { LookupFunction } from "./types.ts";
import { validateFunction, validateInteger, validateNumber, validateObject, validateString } from "./validate.ts";

/** What {@linkcode cachedLookup} takes. */
export interface CachedLookupOptions {
  /** How long an answer is used, in milliseconds: above 0, and `Infinity` for ever; 30,000 if left out. */
  ttl?: number | undefined;
  /** How many answers are kept: 1 to 4,294,967,295; 1,000 if left out. The one used longest ago goes first. */
  max?: number | undefined;
  /** What is asked for names that are not in the cache; `dns.lookup` if left out. */
  lookup?: LookupFunction | undefined;
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
export function cachedLookup(options: CachedLookupOptions = { __proto__: null } as object): LookupFunction {
  validateObject(options, "options");
  const { ttl = 30_000, max = 1000, lookup } = options;
  validateNumber(ttl, "options.ttl");
  if (!(ttl > 0)) throw outOfRange("options.ttl", "> 0", ttl);
  validateInteger(max, "options.max", 1, 0xffff_ffff);
  if (lookup !== undefined) validateFunction(lookup, "options.lookup");
  /** In the order of their last use. */
  const answers: Map<string, Answer> = new Map();
  const waiting: Map<string, Callback[]> = new Map();

  function known(key: string): string | undefined {
    const answer = answers.get(key);
    if (!answer) return undefined;
    answers.delete(key);
    if (answer.expires <= now()) return undefined;
    answers.set(key, answer);
    return answer.address;
  }

  function join(key: string, hostname: string, family: 4 | 6, callback: Callback): void {
    // Whoever waits is called back in his own asynchronous context, not in that of the one who asked first.
    const bound = asyncResource().bind(callback);
    const others = waiting.get(key);
    if (others) {
      others.push(bound);
      return;
    }
    const callbacks = [bound];
    waiting.set(key, callbacks);
    try {
      resolve({ lookup, family }, hostname, (error, address) => {
        waiting.delete(key);
        if (!error && isIP(address) === family) {
          answers.set(key, { address, expires: now() + ttl });
          if (answers.size > max) answers.delete(answers.keys().next().value!);
        }
        // One tick each: what one of them throws must not keep the others from their answer.
        for (const callBack of callbacks) nextTick(callBack, error, address, family);
      });
    } catch (error) {
      waiting.delete(key);
      throw error;
    }
  }

  return (hostname, family, callback) => {
    validateString(hostname, "hostname");
    validateFunction(callback, "callback");
    const key = `${family} ${hostname}`;
    const literal = isIP(hostname);
    const address = literal ? hostname : known(key);
    if (address === undefined) join(key, hostname, family, callback);
    else nextTick(callback, null, address, literal || family);
  };
}

/** The time of whoever asks. */
function now(): number {
  return (backendHere()?.clock ?? performance).now();
}

type Callback = Parameters<LookupFunction>[2];

interface Answer {
  readonly address: string;
  readonly expires: number;
}
