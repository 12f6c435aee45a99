/** What a NAT remembers: which inside end is which outside end, and to whom it has sent. RFC 4787 has the names. */
import type { Random } from "./random.ts";

/** What it depends on besides the inside end. */
export type Dependence = "endpoint-independent" | "address-dependent" | "address-and-port-dependent";

/** An address and a port. */
export interface End {
  /** Its numeric address. */
  readonly address: string;
  /** Its port. */
  readonly port: number;
}

/** The behaviour, read. Times are tenths of a microsecond. */
export interface NatBehaviour {
  readonly mapping: Dependence;
  readonly filtering: Dependence;
  readonly lifetime: number;
  readonly inboundRefreshes: boolean;
  readonly hairpin: boolean;
  readonly preservesPorts: boolean;
  readonly sharesPorts: boolean;
  readonly firstPort: number;
  readonly lastPort: number;
}

/** An inside end, and what it is outside. */
export interface Mapping {
  readonly inside: End;
  readonly outside: End;
  /** What of the other end it is for: nothing, its address, or its address and port. */
  readonly peer: string;
  /** When something was last sent to those that the filter knows. */
  readonly sessions: Map<string, number>;
  used: number;
}

/** Why something does not pass. */
export type Refusal = string;

/** The part of an end that something depends on. */
export function partOf({ address, port }: End, dependence: Dependence): string {
  if (dependence === "endpoint-independent") return "";
  return dependence === "address-dependent" ? address : `${address} ${port}`;
}

const keyOf = ({ address, port }: End): string => `${address} ${port}`;

/** So many are kept before those that have expired are looked for. */
const LEAST_SWEPT = 1024;

export class NatTable {
  readonly #behaviour: NatBehaviour;
  readonly #random: Random;
  readonly #pool: readonly string[];
  readonly #isOwnPort: (port: number) => boolean;
  readonly #byInside: Map<string, Mapping> = new Map();
  readonly #byOutside: Map<string, Mapping[]> = new Map();
  /** Each inside address keeps its outside address. */
  readonly #paired: Map<string, string> = new Map();
  #count = 0;
  #sweepAt = LEAST_SWEPT;

  /**
   * @param pool the outside addresses
   * @param isOwnPort whether the NAT itself has a socket at an outside port
   */
  constructor(
    behaviour: NatBehaviour,
    random: Random,
    pool: readonly string[],
    isOwnPort: (port: number) => boolean,
  ) {
    this.#behaviour = behaviour;
    this.#random = random;
    this.#pool = pool;
    this.#isOwnPort = isOwnPort;
  }

  /** Those that have not expired. */
  mappings(now: number): Mapping[] {
    return [...this.#byInside.values()].filter((mapping) => this.#lives(mapping, now));
  }

  expiry(mapping: Mapping): number {
    return mapping.used + this.#behaviour.lifetime;
  }

  clear(): void {
    for (const each of [this.#byInside, this.#byOutside, this.#paired]) each.clear();
    this.#count = 0;
  }

  /** The mapping of what goes out, made where there is none. */
  outbound(inside: End, peer: End, now: number): Mapping | Refusal {
    const mapping = this.find(inside, peer, now) ?? this.#make(inside, peer, now);
    if (typeof mapping === "string") return mapping;
    mapping.used = now;
    mapping.sessions.set(partOf(peer, this.#behaviour.filtering), now);
    return mapping;
  }

  /** The mapping of what comes in, if it is let in. */
  inbound(outside: End, peer: End, now: number): Mapping | Refusal {
    const here = this.at(outside, now);
    if (here.length === 0) return "nothing is mapped to the port";
    const { filtering, lifetime, inboundRefreshes } = this.#behaviour;
    const part = partOf(peer, filtering);
    const admitted = here.find(({ sessions }) =>
      filtering === "endpoint-independent" || now - (sessions.get(part) ?? -Infinity) < lifetime
    );
    if (admitted === undefined) return `nothing was sent to ${peer.address}:${peer.port} from it`;
    if (inboundRefreshes) {
      admitted.used = now;
      admitted.sessions.set(part, now);
    }
    return admitted;
  }

  find(inside: End, peer: End, now: number): Mapping | undefined {
    const mapping = this.#byInside.get(this.#insideKey(inside, peer));
    return mapping !== undefined && this.#lives(mapping, now) ? mapping : undefined;
  }

  /** Those of an outside end. */
  at(outside: End, now: number): Mapping[] {
    return this.#byOutside.get(keyOf(outside))?.filter((mapping) => this.#lives(mapping, now)) ?? [];
  }

  /** That of what has left from an outside end. */
  sender(outside: End, peer: End, now: number): Mapping | undefined {
    const part = partOf(peer, this.#behaviour.mapping);
    return this.at(outside, now).find((mapping) => mapping.peer === part);
  }

  #insideKey(inside: End, peer: End): string {
    return `${keyOf(inside)} ${partOf(peer, this.#behaviour.mapping)}`;
  }

  #lives({ used }: Mapping, now: number): boolean {
    return now - used < this.#behaviour.lifetime;
  }

  #make(inside: End, peer: End, now: number): Mapping | Refusal {
    if (this.#count >= this.#sweepAt) this.#sweep(now);
    const outside = this.#choose(inside, peer, now);
    if (typeof outside === "string") return outside;
    const mapping = {
      inside,
      outside,
      peer: partOf(peer, this.#behaviour.mapping),
      sessions: new Map<string, number>(),
      used: now,
    };
    this.#remove(this.#byInside.get(this.#insideKey(inside, peer)));
    this.#byInside.set(this.#insideKey(inside, peer), mapping);
    const key = keyOf(outside);
    this.#byOutside.set(key, [...this.at(outside, now), mapping]);
    this.#count++;
    return mapping;
  }

  #choose({ address, port }: End, peer: End, now: number): End | Refusal {
    const isIPv6 = address.includes(":");
    const pool = this.#pool.filter((each) => each.includes(":") === isIPv6);
    if (pool.length === 0) return `it has no outside address of IPv${isIPv6 ? 6 : 4}`;
    const own = this.#paired.get(address) ?? pool[this.#paired.size % pool.length];
    this.#paired.set(address, own);
    const { preservesPorts, firstPort, lastPort } = this.#behaviour;
    const isFree = (each: number): boolean => this.#isFree({ address: own, port: each }, peer, now);
    if (preservesPorts && port >= firstPort && port <= lastPort && isFree(port)) return { address: own, port };
    const count = lastPort - firstPort + 1;
    const start = this.#random.below(count);
    for (let i = 0; i < count; i++) {
      const each = firstPort + (start + i) % count;
      if (isFree(each)) return { address: own, port: each };
    }
    return "all of its ports are taken";
  }

  /** Ports that are shared are told from each other by the other end. */
  #isFree(outside: End, peer: End, now: number): boolean {
    if (this.#isOwnPort(outside.port)) return false;
    const { sharesPorts, mapping } = this.#behaviour;
    const part = partOf(peer, mapping);
    return this.at(outside, now).every((other) => sharesPorts && other.peer !== part);
  }

  #remove(mapping: Mapping | undefined): void {
    if (mapping === undefined) return;
    const key = keyOf(mapping.outside);
    const left = this.#byOutside.get(key)?.filter((each) => each !== mapping) ?? [];
    if (left.length > 0) this.#byOutside.set(key, left);
    else this.#byOutside.delete(key);
    this.#count--;
  }

  #sweep(now: number): void {
    for (const [key, mapping] of this.#byInside) {
      if (this.#lives(mapping, now)) {
        for (const [peer, used] of mapping.sessions) {
          if (now - used >= this.#behaviour.lifetime) mapping.sessions.delete(peer);
        }
      } else {
        this.#byInside.delete(key);
        this.#remove(mapping);
      }
    }
    this.#sweepAt = Math.max(LEAST_SWEPT, 2 * this.#count);
  }
}
