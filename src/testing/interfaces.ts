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
  mtu: number;
  readonly addresses: readonly OwnAddress[];
  /** Groups that sockets have joined here, and how many of them. */
  readonly groups: Map<string, number> = new Map();
  /** Those of its networks. */
  readonly #broadcasts: readonly string[];

  constructor(name: string, index: number, mtu: number, addresses: readonly OwnAddress[]) {
    this.name = name;
    this.index = index;
    this.mtu = mtu;
    this.addresses = addresses;
    this.#broadcasts = addresses.flatMap(({ family, prefix, text }) =>
      family === 4 && prefix !== undefined && prefix < 31 ? [broadcastOf(text, prefix)] : []
    );
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

const LOOPBACK_MTU = 65_536;

/** `lo`, which every host has. */
export function loopbackInterface(): Interface {
  return new Interface("lo", 1, LOOPBACK_MTU, [
    { family: 4, text: "127.0.0.1", prefix: 8 },
    { family: 6, text: "::1", prefix: undefined },
  ]);
}

/** All of a host's. */
export class Interfaces {
  readonly all: readonly Interface[];
  readonly loopback: Interface;
  /** All but that. */
  readonly others: readonly Interface[];

  constructor(others: readonly Interface[]) {
    this.loopback = loopbackInterface();
    this.others = others;
    this.all = [this.loopback, ...others];
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
