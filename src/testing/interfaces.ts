/** A host's interfaces and their addresses. */
import type { Family } from "../core/backend.ts";
import { broadcastOf, type IPAddress, isInPrefix } from "./ip_address.ts";

/** An address of an interface. */
export interface OwnAddress {
  readonly family: Family;
  readonly text: string;
  /** Undefined if it is a network of its own. */
  readonly prefix: number | undefined;
}

/** An interface. */
export class Interface {
  readonly name: string;
  /** Its number on its host. */
  readonly index: number;
  /** The longest packet, in bytes. */
  readonly mtu: number;
  readonly addresses: readonly OwnAddress[];
  #groups: Map<string, number> | null = null;
  /** Those of its networks. */
  readonly #broadcasts: readonly string[];

  constructor(name: string, index: number, mtu: number, addresses: readonly OwnAddress[]) {
    this.name = name;
    this.index = index;
    this.mtu = mtu;
    this.addresses = addresses;
    const broadcasts = addresses.flatMap(({ family, prefix, text }) =>
      family === 4 && prefix !== undefined && prefix < 31 ? [broadcastOf(text, prefix)] : []
    );
    this.#broadcasts = broadcasts.length === 0 ? NONE : broadcasts;
  }

  /** Groups that sockets have joined here, and how many of them. */
  get groups(): Map<string, number> {
    return this.#groups ??= new Map();
  }

  /** Whether sockets have joined a group here. */
  isIn(group: string): boolean {
    return this.#groups?.has(group) === true;
  }

  /** Whether an address of one of its networks means all of that. */
  get hasBroadcasts(): boolean {
    return this.#broadcasts.length > 0;
  }

  get isLoopback(): boolean {
    return this.index === 1;
  }

  /** The first of this family, which what has no source of its own is sent from. */
  source(family: Family): string | undefined {
    return this.addresses.find((own) => own.family === family)?.text;
  }

  has(text: string): boolean {
    return this.addresses.some((own) => own.text === text);
  }

  /** Whether a directed broadcast is meant. */
  isBroadcast(text: string): boolean {
    return this.#broadcasts.includes(text);
  }

  reaches(text: string): boolean {
    return this.addresses.some(({ prefix, text: own }) => prefix !== undefined && isInPrefix(text, own, prefix));
  }
}

const NONE: readonly never[] = [];

const LOOPBACK_MTU = 65_536;
const LOOPBACK_ADDRESSES: readonly OwnAddress[] = [
  { family: 4, text: "127.0.0.1", prefix: 8 },
  { family: 6, text: "::1", prefix: undefined },
];

/** `lo`, which every host has. */
export function loopbackInterface(): Interface {
  return new Interface("lo", 1, LOOPBACK_MTU, LOOPBACK_ADDRESSES);
}

/** All of a host's. */
export class Interfaces {
  /**
   * What is for one other host leaves by this one, whatever its address is; null where there is something to choose. Very many
   * hosts are such, and their interfaces far apart in memory: so what is sent from is here.
   */
  readonly only: Interface | null;
  readonly onlyMTU: number;
  readonly #onlyIPv4: string | undefined;
  readonly #onlyIPv6: string | undefined;
  readonly all: readonly Interface[];
  readonly loopback: Interface;
  /** All but that. */
  readonly others: readonly Interface[];

  constructor(others: readonly Interface[]) {
    const [first] = others;
    this.only = others.length === 1 && !first.hasBroadcasts ? first : null;
    this.onlyMTU = first?.mtu ?? 0;
    this.#onlyIPv4 = this.only?.source(4);
    this.#onlyIPv6 = this.only === null ? undefined : globalSource(this.only);
    this.loopback = loopbackInterface();
    this.others = others;
    this.all = [this.loopback, ...others];
  }

  /** What is for one other host leaves from it by the only way. */
  sourceOf(family: Family): string | undefined {
    return family === 4 ? this.#onlyIPv4 : this.#onlyIPv6;
  }

  /** The addresses of all but the loopback interface. */
  get addresses(): string[] {
    return this.others.flatMap(({ addresses }) => addresses.map(({ text }) => text));
  }

  /** That of an address which is the host's own; all of 127.0.0.0/8 is. */
  owning({ reach, text }: IPAddress): Interface | undefined {
    if (reach === "loopback") return this.loopback;
    return this.all.find((each) => each.has(text));
  }

  /** By its name or number. */
  named(scope: string): Interface | undefined {
    return this.all.find(({ name, index }) => name === scope || String(index) === scope);
  }

  /** The one that leads to other hosts. */
  outward(family: Family): Interface | undefined {
    return this.all.find((each) => !each.isLoopback && each.source(family) !== undefined);
  }

  isBroadcast({ reach, text }: IPAddress): boolean {
    return reach === "broadcast" || (reach === "unicast" && this.all.some((each) => each.isBroadcast(text)));
  }
}

/** The first IPv6 address that others than neighbours may answer to. */
function globalSource({ addresses }: Interface): string | undefined {
  const own = addresses.filter(({ family }) => family === 6);
  return (own.find(({ text }) => !text.startsWith("fe80:")) ?? own[0])?.text;
}
