/** What the hosts of a network have in common: its time, its links, who has which address, and what is kept of all that. */
import type { FaultLog } from "./fault_log.ts";
import type { HostStack, Owner, Wire } from "./host_stack.ts";
import type { Interface } from "./interfaces.ts";
import type { Links } from "./links.ts";
import type { Packet } from "./packet.ts";
import type { Timeline } from "./timeline.ts";
import type { Topology } from "./topology.ts";
import type { Trace } from "./trace.ts";
import type { Fate } from "./trace_records.ts";

export class NetworkWire implements Wire {
  version = 0;
  readonly timeline: Timeline;
  readonly tracing: boolean;
  readonly faultLog: FaultLog | null;
  readonly #links: Links;
  readonly #topology: Topology;
  readonly #trace: Trace | null;
  #packets = 0;

  constructor(timeline: Timeline, links: Links, topology: Topology, trace: Trace | null, faultLog: FaultLog | null) {
    this.timeline = timeline;
    this.tracing = trace !== null;
    this.faultLog = faultLog;
    this.#links = links;
    this.#topology = topology;
    this.#trace = trace;
  }

  nextId(): number {
    return ++this.#packets;
  }

  neighbour(address: string): Owner | undefined {
    return this.#topology.isFlat ? this.#topology.top.owners.get(address) : undefined;
  }

  carryTo({ stack, through, mtu }: Owner, packet: Packet, from: HostStack): void {
    this.#links.direction(from, stack).carry(packet, through, false, mtu);
  }

  carry(packet: Packet, from: HostStack, through: Interface, kind: "unicast" | "broadcast" | "multicast"): void {
    if (kind !== "unicast") return this.#topology.carryToMany(packet, from, through);
    if (!this.#topology.isFlat) return this.#topology.carry(packet, from, through);
    const owner = this.neighbour(packet.destination);
    if (owner === undefined) this.tell(packet, from, "lost", "no host has the address");
    else this.carryTo(owner, packet, from);
  }

  tell(packet: Packet, host: HostStack, fate: Fate, reason?: string, to?: HostStack): void {
    this.#trace?.add(this.timeline.now, packet, host.name, fate, reason, to?.name);
  }

  carried(packet: Packet, from: HostStack, to: HostStack): void {
    const { now } = this.timeline;
    this.#trace?.pass("carried", now, packet, from.name, to.name, now, packet.hopLimit, packet.mtu);
  }

  arrived(packet: Packet, from: HostStack, to: HostStack, since: number, hopLimit: number, mtu: number): void {
    this.#trace?.pass("arrived", this.timeline.now, packet, to.name, from.name, since, hopLimit, mtu);
  }
}
