/** Which hosts are neighbours where a network is not flat, and which way a packet takes. */
import { addressInUse } from "./errors.ts";
import { GatewayStack, Segment } from "./gateway.ts";
import type { HostStack, Owner } from "./host_stack.ts";
import { type Interface, Interfaces, type OwnAddress } from "./interfaces.ts";
import { readAddress } from "./ip_address.ts";
import type { Links } from "./links.ts";
import type { Packet } from "./packet.ts";

/** The next host on the way, and where the packet comes to it. */
type Hop = Pick<Owner, "stack" | "through">;

/**
 * A tree: hosts that are behind nothing are at its top, as over one switch; those behind a router are a segment of their
 * own, in which there may be more routers.
 */
export class Topology {
  /** As long as there is no router, a network needs nothing of what follows. */
  isFlat = true;
  readonly top: Segment = new Segment(null, new Map());
  readonly #stacks: ReadonlyMap<string, HostStack>;
  readonly #links: Links;
  readonly #gateways: Set<GatewayStack> = new Set();
  readonly #behind: Map<HostStack, Segment> = new Map();

  constructor(stacks: ReadonlyMap<string, HostStack>, links: Links) {
    this.#stacks = stacks;
    this.#links = links;
  }

  segmentOf(stack: HostStack): Segment {
    return this.#behind.get(stack) ?? this.top;
  }

  /** How many routers it is behind. */
  depthOf({ gateway }: Segment): number {
    return gateway === null ? 0 : 1 + this.depthOf(this.segmentOf(gateway));
  }

  /** Refuses addresses that somebody has, or the stack itself twice. */
  checkFree(stack: HostStack, segment: Segment): void {
    const own = new Map<Segment["owners"], Set<string>>();
    for (const [{ text }, owners] of addressesOf(stack, segment)) {
      const seen = own.get(owners) ?? new Set();
      const owner = seen.has(text) ? stack.name : owners.get(text)?.stack.name;
      if (owner !== undefined) throw addressInUse(text, owner);
      own.set(owners, seen.add(text));
    }
  }

  add(stack: HostStack, segment: Segment): void {
    if (stack instanceof GatewayStack) {
      this.isFlat = false;
      this.#gateways.add(stack);
    }
    if (segment !== this.top) {
      this.#behind.set(stack, segment);
      segment.members.add(stack);
    }
    enter(stack, segment);
  }

  /** Gives a host other interfaces. Its own addresses don't stand in their way. */
  renew(stack: HostStack, segment: Segment, interfaces: readonly Interface[]): void {
    const before = stack.interfaces;
    forget(stack, segment);
    try {
      stack.interfaces = new Interfaces(interfaces);
      this.checkFree(stack, segment);
    } catch (error) {
      stack.interfaces = before;
      throw error;
    } finally {
      enter(stack, segment);
    }
    stack.pathMTUs = null;
  }

  /** Takes a stack away. What is behind it stays, and has no way out. */
  remove(stack: HostStack): void {
    const segment = this.segmentOf(stack);
    this.#behind.delete(stack);
    segment.members.delete(stack);
    forget(stack, segment);
    if (stack instanceof GatewayStack) {
      this.#gateways.delete(stack);
      forget(stack, stack.inner);
    }
  }

  /** Hands a packet to the next host on its way. */
  carry(packet: Packet, from: HostStack, through: Interface): void {
    const next = this.#next(packet.destination, from, through);
    if (next === undefined) return from.wire.tell(packet, from, "lost", "no host has the address");
    this.#links.direction(from, next.stack).carry(packet, next.through, false);
  }

  /** Hands one to all neighbours; what is for many stays in its segment. */
  carryToMany(packet: Packet, from: HostStack, through: Interface): void {
    const segment = from instanceof GatewayStack && through === from.inside ? from.inner : this.segmentOf(from);
    for (const to of this.#membersOf(segment)) {
      if (to === from) continue;
      for (const each of to.interfaces.all) {
        const isHere = to instanceof GatewayStack ? each === facing(to, segment) : !each.isLoopback;
        if (!isHere || each.source(packet.family) === undefined) continue;
        this.#links.direction(from, to).carry(packet, each, true);
      }
    }
  }

  /** The hosts on the way from one to the other, both included. */
  path(from: HostStack, to: HostStack): readonly HostStack[] {
    if (this.isFlat) return [from, to];
    const [up, down] = [this.#toTop(from), this.#toTop(to)];
    if (up.includes(to)) return up.slice(0, up.indexOf(to) + 1);
    if (down.includes(from)) return down.slice(0, down.indexOf(from) + 1).reverse();
    const segments = down.map((stack) => this.segmentOf(stack));
    const last = up.findIndex((stack) => segments.includes(this.segmentOf(stack)));
    const first = segments.indexOf(this.segmentOf(up[last]));
    return [...up.slice(0, last + 1), ...down.slice(0, first + 1).reverse()];
  }

  #toTop(stack: HostStack): HostStack[] {
    const list = [stack];
    for (let { gateway } = this.segmentOf(stack); gateway !== null; { gateway } = this.segmentOf(gateway)) {
      list.push(gateway);
    }
    return list;
  }

  #next(destination: string, from: HostStack, through: Interface): Hop | undefined {
    const home = this.segmentOf(from);
    const isInward = from instanceof GatewayStack && through === from.inside;
    const { owners } = isInward ? from.inner : home;
    const owner = owners.get(destination);
    const isNear = readAddress(destination)!.reach === "link-local";
    const next = owner === undefined ? undefined : this.#towards(owner, owners, from, home);
    if (next !== undefined) return isNear && next.stack !== owner!.stack ? undefined : next;
    const { gateway } = home;
    if (owner === undefined && !this.isFlat) {
      const broadcaster = this.#broadcaster(destination, owners);
      const near = broadcaster && this.#towards(broadcaster, owners, from, home);
      if (near !== undefined) return near;
    }
    const hasNoWay = gateway === null || isNear || owners !== home.owners;
    return hasNoWay ? undefined : { stack: gateway, through: gateway.inside };
  }

  /** Climbs from the owner of an address to the neighbour that it is behind, if it is behind one. */
  #towards(owner: Hop, owners: Segment["owners"], from: HostStack, home: Segment): Hop | undefined {
    for (let { stack } = owner;;) {
      if (stack === home.gateway) return { stack, through: home.gateway.inside };
      const segment = this.segmentOf(stack);
      // A NAT's inside addresses are those of another realm than the segment that it is in.
      if (segment.owners !== owners) return undefined;
      if (segment === home || segment.gateway === from) {
        return { stack, through: stack instanceof GatewayStack ? stack.outside : owner.through };
      }
      if (segment.gateway === null) return undefined;
      stack = segment.gateway;
    }
  }

  /** The router of a network that all of is meant. */
  #broadcaster(destination: string, owners: Segment["owners"]): Hop | undefined {
    for (const stack of this.#gateways) {
      if (stack.inner.owners === owners && stack.inside.isBroadcast(destination)) {
        return { stack, through: stack.inside };
      }
    }
    return undefined;
  }

  #membersOf(segment: Segment): readonly HostStack[] {
    if (segment.gateway !== null) return [segment.gateway, ...segment.members];
    return [...this.#stacks.values()].filter((stack) => !this.#behind.has(stack));
  }
}

/** A stack's addresses, with the realm in which each is. */
function* addressesOf(stack: HostStack, segment: Segment): Generator<[OwnAddress, Segment["owners"], Interface]> {
  for (const through of stack.interfaces.all) {
    if (through.isLoopback) continue;
    const { owners } = stack instanceof GatewayStack && through === stack.inside ? stack.inner : segment;
    for (const address of through.addresses) yield [address, owners, through];
  }
}

function enter(stack: HostStack, segment: Segment): void {
  for (const [{ text, family }, owners, through] of addressesOf(stack, segment)) {
    owners.set(text, { stack, through, text, family, mtu: through.mtu });
  }
}

function facing(gateway: GatewayStack, segment: Segment): Interface {
  return gateway.inner === segment ? gateway.inside : gateway.outside;
}

function forget(stack: HostStack, { owners }: Segment): void {
  for (const [text, owner] of owners) if (owner.stack === stack) owners.delete(text);
}
