/** What a NAT remembers: which inside end is which outside end, and to whom it has sent. RFC 4787 has the names. */
import { PER_MILLISECOND } from "./duration.ts";
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
  /** That of what nobody has answered yet. */
  readonly unansweredLifetime: number;
  readonly inboundRefreshes: boolean;
  readonly hairpin: boolean;
  /** Whether what is not let in is for the NAT itself, which refuses it by ICMP. */
  readonly refuses: boolean;
  readonly preservesPorts: boolean;
  readonly sharesPorts: boolean;
  readonly firstPort: number;
  readonly lastPort: number;
  /** Where a port is looked for in the place of one that is not kept: the first and the last. */
  readonly instead: (port: number) => readonly [number, number];
}

/** An inside end, and what it is outside. */
export interface Mapping {
  readonly inside: End;
  readonly outside: End;
  /** What of the other end it is for: nothing, its address, or its address and port. */
  readonly peer: string;
  /** Until when those that the filter knows are let in. */
  readonly sessions: Map<string, number>;
  readonly since: number;
  isAnswered: boolean;
  expires: number;
}

/** Why something does not pass. */
export type Refusal = string;

/** The part of an end that something depends on. */
export function partOf({ address, port }: End, dependence: Dependence): string {
  if (dependence === "endpoint-independent") return "";
  return dependence === "address-dependent" ? address : `${address} ${port}`;
}

const keyOf = ({ address, port }: End): string => `${address} ${port}`;

/** Who answers after that is spoken with for a while: nf_conntrack keeps it for longer. */
const STREAM_AFTER = 2000 * PER_MILLISECOND;

/** So many are kept before those that have expired are looked for. */
const LEAST_SWEPT = 1024;

export class NatTable {
  readonly #behaviour: NatBehaviour;
  readonly #random: Random;
  readonly #pool: readonly string[];
  readonly #isOwnPort: (port: number) => boolean;
  readonly #byInside: Map<string, Mapping> = new Map();
  readonly #byOutside: Map<string, Mapping[]> = new Map();
  /** The latest of each inside end, where ports are shared. */
  readonly #latest: Map<string, Mapping> = new Map();
  /** What came unasked for, by both ends, and until when it is remembered. */
  readonly #reserved: Map<string, number> = new Map();
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
    return [...this.#byInside.values()].filter(({ expires }) => now < expires);
  }

  clear(): void {
    for (const each of [this.#byInside, this.#byOutside, this.#latest, this.#reserved, this.#paired]) each.clear();
    this.#count = 0;
  }

  /** The mapping of what goes out, made where there is none. */
  outbound(inside: End, peer: End, now: number): Mapping | Refusal {
    const mapping = this.find(inside, peer, now) ?? this.#make(inside, peer, now);
    if (typeof mapping === "string") return mapping;
    this.#refresh(mapping, peer, now);
    return mapping;
  }

  /** The mapping of what comes in, if it is let in. */
  inbound(outside: End, peer: End, now: number): Mapping | Refusal {
    const here = this.at(outside, now);
    if (here.length === 0) return "nothing is mapped to the port";
    const { filtering, inboundRefreshes } = this.#behaviour;
    const part = partOf(peer, filtering);
    const admitted = here.find(({ sessions }) =>
      filtering === "endpoint-independent" || now < (sessions.get(part) ?? -Infinity)
    );
    if (admitted === undefined) return `nothing was sent to ${peer.address}:${peer.port} from it`;
    admitted.isAnswered = true;
    if (inboundRefreshes) this.#refresh(admitted, peer, now);
    return admitted;
  }

  /** Remembers what came unasked for: no mapping may look like it. */
  reserve(outside: End, peer: End, now: number): void {
    if (this.#count + this.#reserved.size >= this.#sweepAt) this.#sweep(now);
    this.#reserved.set(`${keyOf(outside)} ${keyOf(peer)}`, now + this.#behaviour.unansweredLifetime);
  }

  find(inside: End, peer: End, now: number): Mapping | undefined {
    const mapping = this.#byInside.get(this.#insideKey(inside, peer));
    return mapping !== undefined && now < mapping.expires ? mapping : undefined;
  }

  /** Those of an outside end. */
  at(outside: End, now: number): Mapping[] {
    return this.#byOutside.get(keyOf(outside))?.filter(({ expires }) => now < expires) ?? [];
  }

  /** That of what has left from an outside end. */
  sender(outside: End, peer: End, now: number): Mapping | undefined {
    const part = partOf(peer, this.#behaviour.mapping);
    return this.at(outside, now).find((mapping) => mapping.peer === part);
  }

  #insideKey(inside: End, peer: End): string {
    return `${keyOf(inside)} ${partOf(peer, this.#behaviour.mapping)}`;
  }

  #refresh(mapping: Mapping, peer: End, now: number): void {
    const { lifetime, unansweredLifetime, filtering } = this.#behaviour;
    const isStream = mapping.isAnswered && now - mapping.since > STREAM_AFTER;
    mapping.expires = now + (isStream ? lifetime : unansweredLifetime);
    mapping.sessions.set(partOf(peer, filtering), mapping.expires);
  }

  #make(inside: End, peer: End, now: number): Mapping | Refusal {
    if (this.#count + this.#reserved.size >= this.#sweepAt) this.#sweep(now);
    const outside = this.#choose(inside, peer, now);
    if (typeof outside === "string") return outside;
    const mapping: Mapping = {
      inside,
      outside,
      peer: partOf(peer, this.#behaviour.mapping),
      sessions: new Map(),
      since: now,
      isAnswered: false,
      expires: now,
    };
    this.#remove(this.#byInside.get(this.#insideKey(inside, peer)));
    this.#byInside.set(this.#insideKey(inside, peer), mapping);
    const key = keyOf(outside);
    this.#byOutside.set(key, [...this.at(outside, now), mapping]);
    if (this.#behaviour.sharesPorts) this.#latest.set(keyOf(inside), mapping);
    this.#count++;
    return mapping;
  }

  #choose({ address, port }: End, peer: End, now: number): End | Refusal {
    const isIPv6 = address.includes(":");
    const pool = this.#pool.filter((each) => each.includes(":") === isIPv6);
    if (pool.length === 0) return `it has no outside address of IPv${isIPv6 ? 6 : 4}`;
    const own = this.#paired.get(address) ?? pool[this.#paired.size % pool.length];
    this.#paired.set(address, own);
    const { preservesPorts, firstPort, lastPort, instead } = this.#behaviour;
    const isFree = (each: number): boolean => this.#isFree({ address: own, port: each }, peer, now);
    // Linux first tries the port by which the inside end speaks to somebody else.
    const latest = this.#latest.get(keyOf({ address, port }));
    if (latest !== undefined && now < latest.expires && isFree(latest.outside.port)) return latest.outside;
    if (preservesPorts && port >= firstPort && port <= lastPort && isFree(port)) return { address: own, port };
    const [first, last] = instead(port);
    const count = last - first + 1;
    const start = this.#random.below(count);
    for (let i = 0; i < count; i++) {
      const each = first + (start + i) % count;
      if (isFree(each)) return { address: own, port: each };
    }
    return "all of its ports are taken";
  }

  /** Ports that are shared are told from each other by the other end. */
  #isFree(outside: End, peer: End, now: number): boolean {
    const { sharesPorts, mapping, refuses } = this.#behaviour;
    // Linux does not look at the sockets of the router itself.
    if (!refuses && this.#isOwnPort(outside.port)) return false;
    if (now < (this.#reserved.get(`${keyOf(outside)} ${keyOf(peer)}`) ?? -Infinity)) return false;
    const part = partOf(peer, mapping);
    return this.at(outside, now).every((other) => sharesPorts && other.peer !== part);
  }

  #remove(mapping: Mapping | undefined): void {
    if (mapping === undefined) return;
    const key = keyOf(mapping.outside);
    const left = this.#byOutside.get(key)?.filter((each) => each !== mapping) ?? [];
    if (left.length > 0) this.#byOutside.set(key, left);
    else this.#byOutside.delete(key);
    const inside = keyOf(mapping.inside);
    if (this.#latest.get(inside) === mapping) this.#latest.delete(inside);
    this.#count--;
  }

  #sweep(now: number): void {
    for (const [key, expires] of this.#reserved) if (now >= expires) this.#reserved.delete(key);
    for (const [key, mapping] of this.#byInside) {
      if (now < mapping.expires) {
        for (const [peer, expires] of mapping.sessions) if (now >= expires) mapping.sessions.delete(peer);
      } else {
        this.#byInside.delete(key);
        this.#remove(mapping);
      }
    }
    this.#sweepAt = Math.max(LEAST_SWEPT, 2 * (this.#count + this.#reserved.size));
  }
}
