/** What a host's kernel does: its interfaces, ports and sockets. */
import type { Host as SocketHost, OpenOptions } from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import { type Interface, Interfaces } from "./interfaces.ts";
import { type IPAddress, readAddress } from "./ip_address.ts";
import type { Packet } from "./packet.ts";
import { type Binding, PortTable } from "./port_table.ts";
import type { Random } from "./random.ts";
import { SimulatedSocket } from "./simulated_socket.ts";
import type { Timeline } from "./timeline.ts";
import type { Fate } from "./trace.ts";

/** What a host needs of its network. */
export interface Wire {
  readonly timeline: Timeline;
  /** Grows with every change of what can be reached. */
  readonly version: number;
  nextId(): number;
  /** Takes a packet that leaves by an interface. */
  carry(packet: Packet, from: HostStack, through: Interface, kind: "unicast" | "broadcast" | "multicast"): void;
  readonly tracing: boolean;
  tell(packet: Packet, host: HostStack, fate: Fate, reason?: string): void;
}

/** A host, as its sockets see it. */
export class HostStack {
  readonly name: string;
  readonly interfaces: Interfaces;
  readonly ports: PortTable;
  readonly wire: Wire;
  /** What ICMP has told of the way to an address, in bytes. */
  readonly pathMTUs: Map<string, number> = new Map();
  running = true;
  /** How many sockets there may be. */
  mostSockets: number = Infinity;
  #open = 0;

  constructor(name: string, interfaces: readonly Interface[], wire: Wire, random: Random) {
    this.name = name;
    this.interfaces = new Interfaces(interfaces);
    this.wire = wire;
    this.ports = new PortTable(random);
  }

  /** Opens and binds a socket: an errno if that can't be. */
  open(options: OpenOptions, host: SocketHost): SimulatedSocket | number {
    if (!this.running) return getErrno("ENETDOWN");
    if (this.#open >= this.mostSockets) return getErrno("EMFILE");
    const address = readAddress(options.address)!;
    const binding = this.#bindingOf(address, options);
    if (typeof binding === "number") return binding;
    const socket = new SimulatedSocket(this, options, address, binding, host);
    socket.port = options.port;
    const isBound = socket.port === 0 ? this.bindToAny(socket) : this.ports.add(socket);
    if (!isBound) return getErrno("EADDRINUSE");
    this.#open++;
    return socket;
  }

  /** Gives a socket a port that nobody has; false if there is none. */
  bindToAny(socket: SimulatedSocket): boolean {
    socket.port = this.ports.ephemeral();
    return socket.port !== 0 && this.ports.add(socket);
  }

  closed(socket: SimulatedSocket): void {
    this.ports.remove(socket);
    this.#open--;
  }

  #bindingOf(address: IPAddress, { family, ipv6Only }: OpenOptions): Binding | number {
    const { reach, mapped, text, scope } = address;
    if (family === 6 && mapped && ipv6Only) return getErrno("EINVAL");
    if (reach === "any") {
      if (family === 4 || mapped) return { ipv4: "", ipv6: null };
      return { ipv4: ipv6Only ? null : "", ipv6: "" };
    }
    if (reach === "link-local" && scope === undefined) return getErrno("EINVAL");
    if (scope !== undefined && this.interfaces.named(scope) === undefined) return getErrno("ENODEV");
    const isHere = reach === "multicast" || this.interfaces.isBroadcast(address) ||
      this.interfaces.owning(address) !== undefined;
    if (!isHere) return getErrno("EADDRNOTAVAIL");
    return address.family === 4 ? { ipv4: text, ipv6: null } : { ipv4: null, ipv6: text };
  }

  /** Takes a packet that is for this host, or for many. */
  receive(packet: Packet, through: Interface, hopLimit: number, trafficClass: number): void {
    if (!this.running) return this.wire.tell(packet, this, "lost", "the host is down");
    if (packet.icmp !== null) return this.#receiveError(packet);
    const socket = this.ports.find(packet, through.name);
    if (socket === undefined) this.#refuse(packet);
    else socket.receive(packet, through, hopLimit, trafficClass);
  }

  /** Takes one for a group or for all, in a copy for each socket. True if somebody wanted it. */
  receiveForMany(packet: Packet, through: Interface, hopLimit: number, trafficClass: number): boolean {
    if (!this.running) return false;
    const { destination, source } = packet;
    const isGroup = readAddress(destination)!.reach === "multicast";
    if (isGroup && !through.groups.has(destination)) return false;
    const sockets = this.ports.findAll(packet, through.name)
      .filter((socket) => !isGroup || socket.admits(destination, through, source));
    for (const socket of sockets) socket.receive(packet, through, hopLimit, trafficClass, true);
    return sockets.length > 0;
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
      icmp: { errno, about, mtu },
    };
    const own = this.interfaces.owning(readAddress(source)!);
    if (own !== undefined) return this.#receiveError(packet);
    const through = this.interfaces.outward(family);
    if (through !== undefined) this.wire.carry(packet, this, through, "unicast");
  }

  #receiveError({ icmp }: Packet): void {
    const { about, errno, mtu } = icmp!;
    if (mtu !== undefined) this.pathMTUs.set(about.destination, mtu);
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
