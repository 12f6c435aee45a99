/** A router that translates addresses. */
import { GatewayStack } from "./gateway.ts";
import type { Wire } from "./host_stack.ts";
import type { Interface } from "./interfaces.ts";
import { type End, type Mapping, type NatBehaviour, NatTable } from "./nat_table.ts";
import type { Packet } from "./packet.ts";
import type { Random } from "./random.ts";
import { showEnd } from "./trace.ts";

const sourceOf = ({ source, sourcePort }: Packet): End => ({ address: source, port: sourcePort });
const destinationOf = ({ destination, port }: Packet): End => ({ address: destination, port });

/** What stands behind it has addresses of a realm of its own. */
export class NatStack extends GatewayStack {
  readonly table: NatTable;
  readonly #hairpin: boolean;
  readonly #refuses: boolean;

  constructor(name: string, interfaces: Interface[], wire: Wire, random: Random, behaviour: NatBehaviour) {
    super(name, interfaces, wire, () => random, new Map());
    this.#hairpin = behaviour.hairpin;
    this.#refuses = behaviour.refuses;
    const pool = this.outside.addresses.map(({ text }) => text);
    this.table = new NatTable(behaviour, random, pool, (port) => this.ports.at(port).length > 0);
  }

  get #now(): number {
    return this.wire.timeline.now;
  }

  override receive(packet: Packet, through: Interface, hopLimit: number, trafficClass: number): void {
    if (!this.running) return super.receive(packet, through, hopLimit, trafficClass);
    if (this.isForMany(packet)) return void this.receiveForMany(packet, through, hopLimit, trafficClass);
    if (through === this.inside) this.#fromInside(packet, hopLimit, trafficClass);
    else this.#fromOutside(packet, through, hopLimit, trafficClass);
  }

  /** Its memory goes with it. */
  override stop(tells: boolean): void {
    super.stop(tells);
    this.table.clear();
  }

  override tellSender(about: Packet, errno: number, mtu?: number): void {
    const own = about.source.includes(":") ? 6 : 4;
    const packet: Packet = {
      ...about,
      source: this.inside.source(own) ?? about.destination,
      destination: about.source,
      icmp: { errno, about, mtu, offender: this.offenderOf(about) },
    };
    if (this.isOwn(about.source)) this.receiveError(packet);
    else if (this.inner.owners.has(about.source)) this.wire.carry(packet, this, this.inside, "unicast");
    else if (this.outside.has(about.destination)) this.wire.carry(packet, this, this.outside, "unicast");
    else this.#fromInside(packet, packet.hopLimit, packet.trafficClass);
  }

  /** An error about what has left from an outside end of a mapping is for the inside end. */
  override receiveError(packet: Packet, through?: Interface): void {
    const { about } = packet.icmp!;
    const mapping = this.table.sender(sourceOf(about), destinationOf(about), this.#now);
    if (mapping === undefined) return super.receiveError(packet, through);
    const { address, port } = mapping.inside;
    const translated: Packet = { ...about, source: address, sourcePort: port };
    const error: Packet = { ...packet, destination: address, icmp: { ...packet.icmp!, about: translated } };
    this.wire.carry(error, this, this.inside, "unicast");
  }

  #fromInside(packet: Packet, hopLimit: number, trafficClass: number): void {
    if (this.inside.has(packet.destination)) return super.receive(packet, this.inside, hopLimit, trafficClass);
    const isHairpin = this.outside.has(packet.destination);
    const isOwn = isHairpin && ((this.#refuses && !this.#hairpin) || this.#isForItself(packet));
    if (isOwn && packet.icmp === null) return super.receive(packet, this.inside, hopLimit, trafficClass);
    const passing = this.age(packet, hopLimit, trafficClass);
    if (passing === undefined) return;
    if (packet.icmp !== null) return this.#errorFromInside(passing, isHairpin);
    if (isHairpin && !this.#hairpin) return this.#block(packet, "it has no hairpin");
    const mapping = this.table.outbound(sourceOf(packet), destinationOf(packet), this.#now);
    if (typeof mapping === "string") return this.#block(packet, mapping);
    const { outside } = mapping;
    const translated: Packet = { ...passing, source: outside.address, sourcePort: outside.port };
    this.#tell(translated, "the source", mapping.inside, outside);
    if (isHairpin) this.#enter(translated);
    else this.wire.carry(translated, this, this.outside, "unicast");
  }

  #fromOutside(packet: Packet, through: Interface, hopLimit: number, trafficClass: number): void {
    const isForOthers = packet.icmp === null && this.outside.has(packet.destination);
    if (!isForOthers || (this.#refuses ? this.#isUnasked(packet) : this.#isForItself(packet))) {
      if (this.isOwn(packet.destination)) return super.receive(packet, through, hopLimit, trafficClass);
      return this.#block(packet, "its destination is no address of the NAT");
    }
    const passing = this.age(packet, hopLimit, trafficClass);
    if (passing !== undefined) this.#enter(passing);
  }

  #enter(packet: Packet): void {
    const mapping = this.table.inbound(destinationOf(packet), sourceOf(packet), this.#now);
    if (typeof mapping === "string") return this.#block(packet, mapping);
    const { address, port } = mapping.inside;
    const translated: Packet = { ...packet, destination: address, port };
    this.#tell(translated, "the destination", mapping.outside, mapping.inside);
    this.wire.carry(translated, this, this.inside, "unicast");
  }

  /** The datagram that it is about had come in, to what was then the outside end. */
  #errorFromInside(packet: Packet, isHairpin: boolean): void {
    const { about } = packet.icmp!;
    const mapping = this.table.find(destinationOf(about), sourceOf(about), this.#now);
    if (mapping === undefined) return;
    const { address, port } = mapping.outside;
    const translated: Packet = {
      ...packet,
      source: address,
      icmp: { ...packet.icmp!, about: { ...about, destination: address, port }, offender: address },
    };
    if (isHairpin) this.receiveError(translated);
    else this.wire.carry(translated, this, this.outside, "unicast");
  }

  /** Nobody inside has sent to there, so it is the NAT's own. As on Linux it is remembered, and has taken its port. */
  #isUnasked(packet: Packet): boolean {
    const [outside, peer] = [destinationOf(packet), sourceOf(packet)];
    const isUnasked = typeof this.table.inbound(outside, peer, this.#now) === "string";
    if (isUnasked) this.table.reserve(outside, peer, this.#now);
    return isUnasked;
  }

  /** A program on the NAT has the port. */
  #isForItself(packet: Packet): boolean {
    return this.ports.at(packet.port).length > 0 && this.table.at(destinationOf(packet), this.#now).length === 0;
  }

  #block(packet: Packet, reason: string): void {
    this.wire.tell(packet, this, "blocked", reason);
  }

  #tell(packet: Packet, what: string, from: Mapping["inside"], to: Mapping["outside"]): void {
    if (this.wire.tracing) this.wire.tell(packet, this, "translated", `${what} ${showEnd(from)} is ${showEnd(to)} now`);
  }
}
