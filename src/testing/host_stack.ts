/** What a host's kernel does: its interfaces, ports and sockets. */
import type { Family } from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import type { FaultLog } from "./fault_log.ts";
import type { HostFailures } from "./host_failures.ts";
import { type Interface, Interfaces } from "./interfaces.ts";
import { readAddress } from "./ip_address.ts";
import type { SocketState } from "./look_types.ts";
import type { IcmpMessage, Packet } from "./packet.ts";
import { type BoundSocket, PortTable } from "./port_table.ts";
import type { Random } from "./random.ts";
import type { Route } from "./routes.ts";
import type { Timeline } from "./timeline.ts";
import type { Fate } from "./trace_records.ts";

/** Who has an address, and on which interface. */
export interface Owner {
  readonly stack: HostStack;
  readonly through: Interface;
  /** The address. */
  readonly text: string;
  readonly family: Family;
  /** The longest packet that it takes there. */
  readonly mtu: number;
}

/** What a host needs of its network. */
export interface Wire {
  readonly timeline: Timeline;
  /** Grows with every change of what can be reached. */
  readonly version: number;
  nextId(): number;
  /** Who has an address, where all hosts are neighbours; for others there is more to ask. */
  neighbour(address: string): Owner | undefined;
  /** Takes a packet for a neighbour. */
  carryTo(owner: Owner, packet: Packet, from: HostStack): void;
  /** Takes a packet that leaves by an interface. */
  carry(packet: Packet, from: HostStack, through: Interface, kind: "unicast" | "broadcast" | "multicast"): void;
  readonly tracing: boolean;
  /** Says what became of a packet; `to` is the other end of the link on which it happened. */
  tell(packet: Packet, host: HostStack, fate: Fate, reason?: string, to?: HostStack): void;
  /** Says, where there is a trace, that a packet enters a link. */
  carried(packet: Packet, from: HostStack, to: HostStack): void;
  /**
   * Says, where there is a trace, that a packet has come out of a link, which it had come to at `since`; `mtu` is the longest
   * IP packet that it is in.
   */
  arrived(packet: Packet, from: HostStack, to: HostStack, since: number, hopLimit: number, mtu: number): void;
  /** Which of the faults that are drawn come true, where that is asked. */
  readonly faultLog: FaultLog | null;
}

/** A socket, as its host sees it. */
export interface HostSocket extends BoundSocket {
  port: number;
  /** Takes a packet, or loses it for want of room. `shared`: others have its bytes, too. */
  receive(packet: Packet, through: Interface, hopLimit: number, trafficClass: number, shared?: boolean): void;
  /** Whether it takes what comes for a group. */
  admits(group: string, through: Interface, source: string): boolean;
  /** An ICMP error came, of which its peer is told. */
  fail(errno: number): void;
  /** There if it has asked to be told of each. */
  readonly tellIcmp: ((message: IcmpMessage, through: Interface) => void) | null;
  /** What it is like now. */
  state(): Omit<SocketState, "host">;
  /** The host goes: the socket with it. */
  closeBelow(tells: boolean): void;
}

/** A host, as its sockets see it. */
export class HostStack {
  running = true;
  readonly wire: Wire;
  readonly ports: PortTable<HostSocket>;
  interfaces: Interfaces;
  /** What goes wrong on it, once somebody has asked for that. */
  failures: HostFailures | null = null;
  /** What ICMP has told of the way to an address, in bytes, if it has told anything. */
  pathMTUs: Map<string, number> | null = null;
  readonly name: string;
  /** How many sockets there may be. */
  mostSockets: number = Infinity;
  #open = 0;

  constructor(name: string, interfaces: readonly Interface[], wire: Wire, random: () => Random) {
    this.name = name;
    this.interfaces = new Interfaces(interfaces);
    this.wire = wire;
    this.ports = new PortTable(random);
  }

  /** Whether it is a router: it tells senders itself of what can't go on. */
  get forwards(): boolean {
    return false;
  }

  /** Whether it may have one more socket. */
  get isFull(): boolean {
    return this.#open >= this.mostSockets;
  }

  /** Takes a socket in at its port, or for 0 at one that nobody has; false if there is none. */
  add(socket: HostSocket): boolean {
    const isBound = socket.port === 0 ? this.bindToAny(socket) : this.ports.add(socket);
    if (isBound) this.#open++;
    return isBound;
  }

  /** Gives a socket a port that nobody has; false if there is none. */
  bindToAny(socket: HostSocket): boolean {
    socket.port = this.ports.ephemeral();
    return socket.port !== 0 && this.ports.add(socket);
  }

  closed(socket: HostSocket): void {
    this.ports.remove(socket);
    this.#open--;
  }

  /** Takes a packet that is for this host, or for many. */
  receive(packet: Packet, through: Interface, hopLimit: number, trafficClass: number): void {
    if (!this.running) return this.wire.tell(packet, this, "lost", "the host is down");
    if (packet.icmp !== null) return this.receiveError(packet, through);
    const socket = this.ports.find(packet, through);
    if (socket === undefined) this.#refuse(packet);
    else socket.receive(packet, through, hopLimit, trafficClass);
  }

  /** Takes one for a group or for all, in a copy for each socket. True if somebody wanted it. */
  receiveForMany(packet: Packet, through: Interface, hopLimit: number, trafficClass: number): boolean {
    if (!this.running) return this.#isNotFor(packet, "the host is down");
    const { destination, source } = packet;
    const isGroup = readAddress(destination)!.reach === "multicast";
    if (isGroup && !through.isIn(destination)) return this.#isNotFor(packet, "it is not in the group");
    const sockets = this.ports.findAll(packet, through)
      .filter((socket) => !isGroup || socket.admits(destination, through, source));
    for (const socket of sockets) socket.receive(packet, through, hopLimit, trafficClass, true);
    return sockets.length > 0 || this.#isNotFor(packet, "nobody has the port");
  }

  #isNotFor(packet: Packet, reason: string): false {
    if (this.wire.tracing) this.wire.tell(packet, this, "unwanted", reason);
    return false;
  }

  /** Nobody has the port: the sender is told, as by ICMP. */
  #refuse(packet: Packet): void {
    this.wire.tell(packet, this, "refused", "nobody has the port");
    this.tellSender(packet, getErrno("ECONNREFUSED"));
  }

  /** Sends an ICMP error back. */
  tellSender(about: Packet, errno: number, mtu?: number): void {
    const { family, source, destination } = about;
    const packet: Packet = {
      ...about,
      source: destination,
      destination: source,
      icmp: { errno, about, mtu, offender: this.offenderOf(about) },
    };
    const own = this.interfaces.owning(readAddress(source)!);
    if (own !== undefined) {
      const { wire } = this;
      if (wire.tracing) wire.arrived(packet, this, this, wire.timeline.now, 64, own.mtu);
      return this.receiveError(packet, own);
    }
    const through = this.wayOut(family);
    if (through !== undefined) this.wire.carry(packet, this, through, "unicast");
  }

  /** What becomes of a way by the only interface that a socket uses. */
  narrow(route: Route): Route | number {
    return route;
  }

  /** The address that an error about a datagram comes from. */
  protected offenderOf({ destination }: Packet): string {
    return destination;
  }

  /** The interface that errors leave by. */
  protected wayOut(family: Family): Interface | undefined {
    return this.interfaces.outward(family);
  }

  /** Has the sockets told that it is about. */
  receiveError({ icmp }: Packet, through: Interface = this.interfaces.loopback): void {
    const { about, errno, mtu } = icmp!;
    if (mtu !== undefined) (this.pathMTUs ??= new Map()).set(about.destination, mtu);
    const { source, sourcePort, destination, port } = about;
    const back: Packet = { ...about, source: destination, sourcePort: port, destination: source, port: sourcePort };
    this.ports.find(back, through)?.tellIcmp?.(icmp!, through);
    if (errno === 0) return;
    for (const socket of this.ports.at(about.sourcePort)) {
      const { peer } = socket;
      if (peer !== null && peer.text === about.destination && peer.port === about.port) socket.fail(errno);
    }
  }

  /** Has all sockets closed, told or not. */
  stop(tells: boolean): void {
    this.running = false;
    for (const socket of this.ports.all) socket.closeBelow(tells);
  }
}
