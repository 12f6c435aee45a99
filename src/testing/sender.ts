/** A socket's sending side: which way a datagram leaves its host, and as what. */
import type { Datagram, DatagramInfo, Family, Host, OpenOptions } from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import type { HostStack, Owner } from "./host_stack.ts";
import type { Interface } from "./interfaces.ts";
import { tooLong } from "./icmp_errors.ts";
import { type IPAddress, readAddress, show } from "./ip_address.ts";
import { copyOf, headersOf, keptCopyOf, longestOf, type Packet } from "./packet.ts";
import { type Binding, boundIn } from "./port_table.ts";
import { DEFAULT_BUFFER_SIZE } from "./receive_buffer.ts";
import { Receiver } from "./receiver.ts";
import { findRoute, type Route } from "./routes.ts";

/** What is longer the kernel refuses before it looks at the way. */
const LONGEST_LENGTH = 0xffff;

/** The peer of a connected socket. */
export interface Peer {
  readonly text: string;
  readonly port: number;
  readonly scope: string;
  readonly route: Route;
}

/** What sends for a socket. */
export abstract class Sender extends Receiver {
  /** Where it can be reached. */
  binding: Binding;
  port: number;
  peer: Peer | null = null;
  /** The only interface that it uses, or "". */
  device = "";
  protected asked: Binding;
  protected readonly bound: IPAddress;
  /** It is bound to all addresses. */
  #isAnywhere: boolean;
  #lastAddress = "";
  #lastVersion = -1;
  /** To a neighbour there is one way only, if the socket is not bound to what is special. */
  #lastNeighbour: Owner | undefined;
  #lastRoute: Route | number = 0;
  protected trafficClass: number = 0;
  protected hopLimit: number = 64;
  /** IP_PMTUDISC_DO, where it was set, IP_PMTUDISC_DONT where it was unset, else IP_PMTUDISC_WANT. */
  protected dontFragment: boolean | undefined;
  protected sendBufferSize: number = DEFAULT_BUFFER_SIZE;
  protected multicastHopLimit: number = 1;
  protected multicastLoopback: boolean = true;
  protected multicast: Interface | null = null;
  protected broadcast: boolean = false;

  constructor(stack: HostStack, options: OpenOptions, bound: IPAddress, binding: Binding, host: Host) {
    super(stack, host, options);
    this.binding = this.asked = binding;
    this.port = options.port;
    this.bound = bound;
    this.#isAnywhere = bound.reach === "any";
  }

  /** Gives it a port that nobody has; false if there is none. */
  protected abstract bindToAny(): boolean;

  send(datagram: Datagram): number {
    const { address } = datagram;
    const neighbour = address === null ? undefined : this.#neighbour(address);
    const route = neighbour !== undefined
      ? this.#wayTo(neighbour)
      : address === null
      ? this.peer?.route ?? getErrno("EDESTADDRREQ")
      : this.#lastRoute;
    if (typeof route === "number") return route;
    if (this.port === 0 && !this.bindToAny()) return getErrno("EAGAIN");
    const family = neighbour?.family ?? (route.destination.includes(":") ? 6 : 4);
    const { length } = datagram.data;
    const mtu = this.pathMTU(route);
    const isTooLong = length > longestOf(family);
    const fits = length + headersOf(family) <= mtu;
    if (isTooLong || !fits && this.dontFragment === true) {
      if (this.icmpListener !== null) this.tellTooLong(route, family, datagram.port, length, mtu);
      return getErrno("EMSGSIZE");
    }
    // What is too long leaves an error that waits where it is.
    const error = this.icmpListener === null ? this.takeError() : 0;
    if (error !== 0) return error;
    // Linux waits for room for the second fragment, which the first one may never leave.
    if (!fits && family === 6 && mtu >= this.sendBufferSize) return 0;
    const { wire, failures } = this.stack;
    const mayLeave = failures === null ? 1 : failures.send(() => this.tellDrained());
    if (mayLeave !== 1) return mayLeave;
    const packet: Packet = {
      id: wire.nextId(),
      family,
      source: route.source,
      sourcePort: this.port,
      destination: route.destination,
      port: address === null ? this.peer!.port : datagram.port,
      data: wire.tracing ? keptCopyOf(datagram.data) : copyOf(datagram.data),
      hopLimit: route.kind === "multicast" ? this.multicastHopLimit : this.hopLimit,
      trafficClass: this.trafficClass,
      mtu,
      dontFragment: fits && this.dontFragment !== false,
      icmp: null,
    };
    if (wire.tracing) wire.tell(packet, this.stack, "sent");
    if (neighbour !== undefined) wire.carryTo(neighbour, packet, this.stack);
    else this.#leave(packet, route);
    return 1;
  }

  /** With what is told of this datagram in the place of what holds for the socket. */
  protected sendInformed(datagram: Datagram, info: DatagramInfo): number {
    const { interfaces } = this.stack;
    const { asked, device, hopLimit, multicastHopLimit, trafficClass, peer } = this;
    const isAnywhere = this.#isAnywhere;
    const through = interfaces.all.find(({ index }) => index === info.interfaceIndex);
    if (info.interfaceIndex > 0 && through === undefined) return getErrno("ENODEV");
    const source = info.source === undefined ? null : readAddress(info.source)!;
    if (source !== null) {
      if (interfaces.owning(source) === undefined) return getErrno("EINVAL");
      this.asked = { ipv4: source.family === 4 ? source.text : null, ipv6: source.family === 6 ? source.text : null };
      this.#isAnywhere = false;
    }
    if (through !== undefined) this.device = through.name;
    if (info.hopLimit > 0) this.hopLimit = this.multicastHopLimit = info.hopLimit;
    if (info.trafficClass >= 0) this.trafficClass = info.trafficClass;
    if (info.ecn >= 0) this.trafficClass = this.trafficClass & ~3 | info.ecn;
    this.forgetWay();
    try {
      const hasOwnWay = peer !== null && datagram.address === null && (source !== null || through !== undefined);
      const to = hasOwnWay ? { ...datagram, address: peer.text + peer.scope, port: peer.port } : datagram;
      // Somebody may stand before the socket's own.
      return Sender.prototype.send.call(this, to);
    } finally {
      Object.assign(this, { asked, device, hopLimit, multicastHopLimit, trafficClass });
      this.#isAnywhere = isAnywhere;
      this.forgetWay();
    }
  }

  sendBatch(datagrams: readonly Datagram[], from: number, to: number): number {
    // What fails in the midst of a batch is tried again: each that is to fail has to be the first.
    const end = this.stack.failures === null ? to : from + 1;
    for (let i = from; i < end; i++) {
      const result = this.send(datagrams[i]);
      if (result <= 0) return i > from ? i - from : result;
    }
    return end - from;
  }

  /** Has it look for the way again: what it asks for has changed. */
  protected forgetWay(): void {
    this.#lastVersion = -1;
  }

  /** The neighbour that has the address, if the way there has nothing to choose; else the route is the last one. */
  #neighbour(address: string): Owner | undefined {
    const { version } = this.stack.wire;
    if (address === this.#lastAddress && version === this.#lastVersion) return this.#lastNeighbour;
    this.#lastNeighbour = this.#findNeighbour(address);
    if (this.#lastNeighbour === undefined) this.#lastRoute = this.findRoute(address);
    this.#lastAddress = address;
    this.#lastVersion = version;
    return this.#lastNeighbour;
  }

  #findNeighbour(address: string): Owner | undefined {
    const { stack } = this;
    if (!this.#isAnywhere || this.device !== "" || stack.interfaces.only === null) return undefined;
    const owner = stack.wire.neighbour(address);
    if (owner === undefined || owner.stack === stack || address.startsWith("fe80:")) return undefined;
    const { family } = owner;
    return boundIn(this.asked, family) === null || stack.interfaces.sourceOf(family) === undefined ? undefined : owner;
  }

  #wayTo({ family, text: destination }: Owner): Route {
    const { interfaces } = this.stack;
    const { only, onlyMTU: mtu } = interfaces;
    return { kind: "unicast", through: only!, mtu, source: interfaces.sourceOf(family)!, destination };
  }

  protected findRoute(address: string): Route | number {
    const to = readAddress(address)!;
    const bound = boundIn(this.asked, to.family);
    if (bound === null) return getErrno(to.family === 6 ? "EAFNOSUPPORT" : "ENETUNREACH");
    const { interfaces } = this.stack;
    const isForMany = this.bound.reach === "multicast" || interfaces.isBroadcast(this.bound);
    const route = findRoute(interfaces, to, {
      bound: isForMany ? "" : bound,
      device: this.device,
      broadcast: this.broadcast,
      multicast: this.multicast,
    });
    return this.device === "" || typeof route === "number" ? route : this.stack.narrow(route);
  }

  /** Of an IPv4 datagram Linux knows no port but the peer's. */
  protected tellTooLong({ destination }: Route, version: Family, port: number, length: number, mtu: number): void {
    if (length > LONGEST_LENGTH) return;
    const { family, peer, stack } = this;
    const known = version === 6 ? peer?.port ?? port : peer?.port ?? 0;
    this.icmpListener!(tooLong(show(destination, family), known, mtu, stack.wire.timeline.now));
  }

  protected pathMTU({ mtu, destination }: Route): number {
    const { pathMTUs } = this.stack;
    return pathMTUs === null ? mtu : Math.min(mtu, pathMTUs.get(destination) ?? Infinity);
  }

  #leave(packet: Packet, { kind, through }: Route): void {
    const stack = this.stack;
    const { wire } = stack;
    if (kind === "nowhere") return wire.tell(packet, stack, "lost", "no host has the address");
    // Whoever gets it takes it for forged: RFC 4291, 2.5.3.
    if (packet.source === "::1" && !through.isLoopback) return wire.tell(packet, stack, "lost", "its source is ::1");
    const { hopLimit, trafficClass } = packet;
    if (kind === "local") return stack.receive(packet, through, hopLimit, trafficClass);
    if (kind === "unicast") return wire.carry(packet, stack, through, kind);
    const loops = kind === "broadcast" || this.multicastLoopback;
    if (loops) stack.receiveForMany(packet, through, hopLimit, trafficClass);
    if (!through.isLoopback && hopLimit > 0) wire.carry(packet, stack, through, kind);
  }
}
