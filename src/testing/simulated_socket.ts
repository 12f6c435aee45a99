/** A socket of a simulated host: what the core takes for one of a kernel. */
import type {
  AddressInfo,
  Datagram,
  Family,
  Handle,
  Host,
  KernelOptions,
  KernelSocket,
  Membership,
  NumericOption,
  OpenOptions,
} from "../core/backend.ts";
import { getErrno } from "../core/errors.ts";
import type { HostSocket, HostStack, Owner } from "./host_stack.ts";
import type { Interface } from "./interfaces.ts";
import { type IPAddress, readAddress, show } from "./ip_address.ts";
import type { SocketState } from "./look_types.ts";
import { Memberships } from "./memberships.ts";
import { copyOf, headersOf, keptCopyOf, longestOf, type Packet } from "./packet.ts";
import { type Binding, boundIn } from "./port_table.ts";
import { DEFAULT_BUFFER_SIZE, grantedSize } from "./receive_buffer.ts";
import { Receiver } from "./receiver.ts";
import { findRoute, type Route } from "./routes.ts";
import { showEnd } from "./trace.ts";

/** The peer of a connected socket. */
interface Peer {
  readonly text: string;
  readonly port: number;
  readonly scope: string;
  readonly route: Route;
  /** What is known of the way, as of the last look at it. */
  pathMTU: number;
}

export class SimulatedSocket extends Receiver implements Handle, HostSocket {
  /** Where it can be reached. */
  binding: Binding;
  port: number;
  peer: Peer | null = null;
  /** The only interface that it uses, or "". */
  device = "";
  readonly #asked: Binding;
  /** It is bound to all addresses. */
  readonly #isAnywhere: boolean;
  #lastAddress = "";
  #lastVersion = -1;
  /** To a neighbour there is one way only, if the socket is not bound to what is special. */
  #lastNeighbour: Owner | undefined;
  #lastRoute: Route | number = 0;
  #trafficClass = 0;
  #hopLimit = 64;
  /** IP_PMTUDISC_DO, where it was set, IP_PMTUDISC_DONT where it was unset, else IP_PMTUDISC_WANT. */
  #dontFragment: boolean | undefined;
  #sendBufferSize = DEFAULT_BUFFER_SIZE;
  #multicastHopLimit = 1;
  #multicastLoopback = true;
  #multicast: Interface | null = null;
  #broadcast = false;
  #closed = false;
  #groups: Memberships | null = null;
  readonly reuseAddr: boolean;
  readonly reusePort: boolean;
  readonly #bound: IPAddress;
  readonly #hasOwnPort: boolean;

  constructor(stack: HostStack, options: OpenOptions, bound: IPAddress, binding: Binding, host: Host) {
    super(stack, host, options);
    this.reuseAddr = options.reuseAddr;
    this.reusePort = options.reusePort;
    this.binding = this.#asked = binding;
    this.#bound = bound;
    this.#isAnywhere = bound.reach === "any";
    this.port = options.port;
    this.#hasOwnPort = options.port !== 0;
  }

  get deferred(): boolean {
    return false;
  }

  get queueSize(): number {
    return 0;
  }

  get queueCount(): number {
    return 0;
  }

  /** Made when it is asked for: there may be very many sockets. */
  get kernelOptions(): KernelOptions {
    const { interfaces } = this.stack;
    return {
      setTrafficClass: (value) => {
        this.#trafficClass = value;
        return 0;
      },
      setDontFragment: (on) => {
        this.#dontFragment = on;
        return 0;
      },
      pathMTU: () => this.#knownPathMTU(),
      bindToDevice: (name) => {
        if (name !== "" && interfaces.named(name)?.name !== name) return getErrno("ENODEV");
        this.device = name;
        this.#lastVersion = -1;
        return 0;
      },
    };
  }

  get kernel(): KernelSocket {
    const { used, recvBufferSize: size, dropped: drops } = this;
    return { fd: -1, isOurs: () => true, memory: () => ({ used, size, drops }) };
  }

  address(): AddressInfo {
    const { family } = this;
    const { mapped, scope } = this.#bound;
    const own = this.binding.ipv4 || this.binding.ipv6;
    const text = own || (mapped || family === 4 ? "0.0.0.0" : "::");
    const isNear = text.startsWith("fe80:");
    const shown = show(text, family) + (scope === undefined ? isNear ? this.peer?.scope ?? "" : "" : `%${scope}`);
    return { address: shown, family: family === 4 ? "IPv4" : "IPv6", port: this.port };
  }

  remoteAddress(): AddressInfo | number {
    const { peer, family } = this;
    if (peer === null) return getErrno("ENOTCONN");
    return { address: show(peer.text, family) + peer.scope, family: family === 4 ? "IPv4" : "IPv6", port: peer.port };
  }

  send(datagram: Datagram): number {
    const { address } = datagram;
    const neighbour = address === null ? undefined : this.#neighbour(address);
    const route = neighbour !== undefined
      ? this.#wayTo(neighbour)
      : address === null
      ? this.peer?.route ?? getErrno("EDESTADDRREQ")
      : this.#lastRoute;
    if (typeof route === "number") return route;
    if (this.port === 0 && !this.stack.bindToAny(this)) return getErrno("EAGAIN");
    const error = this.takeError();
    if (error !== 0) return error;
    const family = neighbour?.family ?? (route.destination.includes(":") ? 6 : 4);
    const { length } = datagram.data;
    if (length > longestOf(family)) return getErrno("EMSGSIZE");
    const mtu = this.#pathMTU(route);
    if (address === null) this.peer!.pathMTU = mtu;
    const fits = length + headersOf(family) <= mtu;
    if (!fits && this.#dontFragment === true) return getErrno("EMSGSIZE");
    // Linux waits for room for the second fragment, which the first one may never leave.
    if (!fits && family === 6 && mtu >= this.#sendBufferSize) return 0;
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
      hopLimit: route.kind === "multicast" ? this.#multicastHopLimit : this.#hopLimit,
      trafficClass: this.#trafficClass,
      mtu,
      dontFragment: fits && this.#dontFragment !== false,
      icmp: null,
    };
    if (wire.tracing) wire.tell(packet, this.stack, "sent");
    if (neighbour !== undefined) wire.carryTo(neighbour, packet, this.stack);
    else this.#leave(packet, route);
    return 1;
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

  connect(address: string, port: number): number {
    const route = this.#findRoute(address);
    if (typeof route === "number") return route;
    const { scope, reach } = readAddress(address)!;
    const hasNoScope = this.device === "" && this.stack.interfaces.named(scope ?? "") === undefined;
    if (reach === "link-local" && hasNoScope) return getErrno("EINVAL");
    const shownScope = reach === "link-local" ? `%${scope ?? route.through.name}` : "";
    if (this.port === 0 && !this.stack.bindToAny(this)) return getErrno("EAGAIN");
    this.peer = { text: route.destination, port, scope: shownScope, route, pathMTU: this.#pathMTU(route) };
    const family: Family = route.destination.includes(":") ? 6 : 4;
    // An address of its own is chosen, as long as it is connected.
    if (boundIn(this.#asked, family) === "") {
      this.binding = { ipv4: family === 4 ? route.source : null, ipv6: family === 6 ? route.source : null };
    }
    return 0;
  }

  /** Without a peer it has no port that it has not asked for, until it needs one. */
  disconnect(): number {
    this.peer = null;
    this.binding = this.#asked;
    if (!this.#hasOwnPort) {
      this.stack.ports.remove(this);
      this.port = 0;
    }
    return 0;
  }

  set(option: NumericOption, value: number): number {
    switch (option) {
      case "broadcast":
        this.#broadcast = value === 1;
        break;
      case "ttl":
        this.#hopLimit = value;
        break;
      case "multicastTTL":
        this.#multicastHopLimit = value;
        break;
      case "multicastLoopback":
        this.#multicastLoopback = value === 1;
        break;
      case "recvBufferSize":
        this.recvBufferSize = grantedSize(option, value);
        break;
      case "sendBufferSize":
        this.#sendBufferSize = grantedSize(option, value);
        break;
    }
    this.#lastVersion = -1;
    return 0;
  }

  get(option: "recvBufferSize" | "sendBufferSize"): number {
    return option === "recvBufferSize" ? this.recvBufferSize : this.#sendBufferSize;
  }

  setMulticastInterface(address: string): number {
    const { interfaces } = this.stack;
    const read = readAddress(address);
    if (read === null) return getErrno("EINVAL");
    this.#lastVersion = -1;
    // The kernel takes the number of an interface that is not there, and fails when something is to leave by it.
    if (read.family === 6) this.#multicast = interfaces.named(read.scope ?? "") ?? null;
    else if (read.reach === "any") this.#multicast = null;
    else {
      const through = interfaces.owning(read);
      if (through === undefined) return getErrno("EADDRNOTAVAIL");
      this.#multicast = through;
    }
    return 0;
  }

  join(membership: Membership): number {
    return (this.#groups ??= new Memberships(this.stack.interfaces)).join(membership);
  }

  leave(membership: Membership): number {
    return (this.#groups ??= new Memberships(this.stack.interfaces)).leave(membership);
  }

  ref(): void {}

  unref(): void {}

  close(done: () => void): void {
    this.#release();
    done();
  }

  /** The host goes: the socket with it. */
  closeBelow(tells: boolean): void {
    this.#release();
    if (tells) this.tellClosed();
  }

  /** Whether it takes what comes for a group. */
  admits(group: string, through: Interface, source: string): boolean {
    return this.#groups === null || this.#groups.admits(group, through, source);
  }

  /** An ICMP error came. */
  fail(errno: number): void {
    // It has asked for packets that may be cut.
    if (errno === getErrno("EMSGSIZE") && this.#dontFragment === false) return;
    if (this.peer !== null) this.peer.pathMTU = this.#pathMTU(this.peer.route);
    this.keepError(errno);
  }

  /** What it is like now. */
  state(): Omit<SocketState, "host"> {
    const { address, port } = this.address();
    const { waiting, used, recvBufferSize, dropped } = this;
    const peer = this.peer === null ? undefined : showEnd({ address: this.peer.text, port: this.peer.port });
    const type = this.family === 4 ? "udp4" : "udp6";
    return { type, address, port, peer, waiting, used, recvBufferSize, dropped };
  }

  #release(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#groups?.clear();
    this.endReceiving();
    this.stack.closed(this);
  }

  /** The neighbour that has the address, if the way there has nothing to choose; else the route is the last one. */
  #neighbour(address: string): Owner | undefined {
    const { version } = this.stack.wire;
    if (address === this.#lastAddress && version === this.#lastVersion) return this.#lastNeighbour;
    this.#lastNeighbour = this.#findNeighbour(address);
    if (this.#lastNeighbour === undefined) this.#lastRoute = this.#findRoute(address);
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
    return boundIn(this.#asked, family) === null || stack.interfaces.sourceOf(family) === undefined ? undefined : owner;
  }

  #wayTo({ family, text: destination }: Owner): Route {
    const { interfaces } = this.stack;
    const { only, onlyMTU: mtu } = interfaces;
    return { kind: "unicast", through: only!, mtu, source: interfaces.sourceOf(family)!, destination };
  }

  #findRoute(address: string): Route | number {
    const to = readAddress(address)!;
    const bound = boundIn(this.#asked, to.family);
    if (bound === null) return getErrno(to.family === 6 ? "EAFNOSUPPORT" : "ENETUNREACH");
    const { interfaces } = this.stack;
    const isForMany = this.#bound.reach === "multicast" || interfaces.isBroadcast(this.#bound);
    const route = findRoute(interfaces, to, {
      bound: isForMany ? "" : bound,
      device: this.device,
      broadcast: this.#broadcast,
      multicast: this.#multicast,
    });
    return this.device === "" || typeof route === "number" ? route : this.stack.narrow(route);
  }

  #pathMTU({ mtu, destination }: Route): number {
    const { pathMTUs } = this.stack;
    return pathMTUs === null ? mtu : Math.min(mtu, pathMTUs.get(destination) ?? Infinity);
  }

  /** Linux looks at an IPv6 way again with the next datagram only. */
  #knownPathMTU(): number {
    const { peer } = this;
    if (peer === null) return getErrno("ENOTCONN");
    return peer.text.includes(":") ? peer.pathMTU : this.#pathMTU(peer.route);
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
    const loops = kind === "broadcast" || this.#multicastLoopback;
    if (loops) stack.receiveForMany(packet, through, hopLimit, trafficClass);
    if (!through.isLoopback && hopLimit > 0) wire.carry(packet, stack, through, kind);
  }
}
