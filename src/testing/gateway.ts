/** A router between a network and the hosts behind it. */
import { getErrno } from "../core/errors.ts";
import { noAddressLeft } from "./errors.ts";
import { HostStack, type Owner, type Wire } from "./host_stack.ts";
import type { Interface, OwnAddress } from "./interfaces.ts";
import { nextAddress } from "./ip_address.ts";
import type { Packet } from "./packet.ts";
import type { Random } from "./random.ts";
import type { Route } from "./routes.ts";

/** Hosts that are neighbours of each other, as over one switch. */
export class Segment {
  /** Their way out; null at the top. */
  readonly gateway: GatewayStack | null;
  /** Who has which address, here and wherever no NAT is between: an address realm of RFC 2663. */
  readonly owners: Map<string, Owner>;
  /** Those behind the gateway. */
  readonly members: Set<HostStack> = new Set();
  readonly #latest: Map<OwnAddress, string> = new Map();

  constructor(gateway: GatewayStack | null, owners: Map<string, Owner>) {
    this.gateway = gateway;
    this.owners = owners;
  }

  /** Addresses that nobody has, one in each of the networks that the gateway has inside. */
  freeAddresses(): string[] {
    const { name, inside } = this.gateway!;
    return inside.addresses.filter(({ prefix }) => prefix !== undefined).map((own) => {
      let text: string | undefined = this.#latest.get(own) ?? own.text;
      do text = nextAddress(text, own.text, own.prefix!); while (text !== undefined && this.owners.has(text));
      if (text === undefined) throw noAddressLeft(name);
      this.#latest.set(own, text);
      return `${text}/${own.prefix}`;
    });
  }
}

/** Passes on what is for others. */
export class GatewayStack extends HostStack {
  readonly outside: Interface;
  readonly inside: Interface;
  /** What is behind it. */
  readonly inner: Segment;

  /** @param owners those of the realm that is behind it */
  constructor(
    name: string,
    [outside, inside]: Interface[],
    wire: Wire,
    random: () => Random,
    owners: Segment["owners"],
  ) {
    super(name, [outside, inside], wire, random);
    this.outside = outside;
    this.inside = inside;
    this.inner = new Segment(this, owners);
  }

  override get forwards(): boolean {
    return true;
  }

  override receive(packet: Packet, through: Interface, hopLimit: number, trafficClass: number): void {
    if (!this.running || this.isOwn(packet.destination)) super.receive(packet, through, hopLimit, trafficClass);
    else if (this.isForMany(packet)) this.receiveForMany(packet, through, hopLimit, trafficClass);
    else this.forward(packet, through, hopLimit, trafficClass);
  }

  protected override offenderOf({ destination, source, family }: Packet): string {
    if (this.isOwn(destination)) return destination;
    const owner = this.inner.owners.get(source);
    const through = owner !== undefined && this.#isBehind(owner.stack) ? this.inside : this.outside;
    return through.source(family) ?? destination;
  }

  /** It passes on also what it has no address for itself. */
  protected override wayOut(): Interface {
    return this.outside;
  }

  /** To all of a network that it is in, from another one: Linux hears that itself, and does not pass it on. */
  isForMany({ family, destination }: Packet): boolean {
    return family === 4 && (this.inside.isBroadcast(destination) || this.outside.isBroadcast(destination));
  }

  /** Linux asks the neighbours on that side, unless in IPv6 no way at all leads there: inside there is none to all others. */
  override narrow(route: Route): Route | number {
    const { kind, through, destination } = route;
    if (kind !== "unicast") return route;
    const isInward = through === this.inside;
    const owner = this.inner.owners.get(destination);
    if (isInward === (owner !== undefined && this.#isBehind(owner.stack))) return route;
    if (isInward && destination.includes(":") && !through.reaches(destination)) return getErrno("ENETUNREACH");
    return { ...route, kind: "nowhere" };
  }

  #isBehind(stack: HostStack): boolean {
    const { members } = this.inner;
    return members.has(stack) || [...members].some((each) => each instanceof GatewayStack && each.#isBehind(stack));
  }

  protected isOwn(address: string): boolean {
    return this.outside.has(address) || this.inside.has(address);
  }

  protected forward(packet: Packet, through: Interface, hopLimit: number, trafficClass: number): void {
    const passing = this.age(packet, hopLimit, trafficClass);
    if (passing === undefined) return;
    this.wire.carry(passing, this, through === this.inside ? this.outside : this.inside, "unicast");
  }

  /** As it leaves, or undefined if it has come through as many routers as it may. */
  protected age(packet: Packet, hopLimit: number, trafficClass: number): Packet | undefined {
    if (hopLimit > 1 || packet.icmp !== null) return { ...packet, hopLimit: hopLimit - 1, trafficClass };
    this.wire.tell(packet, this, "lost", "its hop limit ran out");
    // Linux tells it to sockets alone that have asked for IP_RECVERR.
    this.tellSender(packet, 0);
    return undefined;
  }
}
