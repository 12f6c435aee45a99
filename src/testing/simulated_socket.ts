/** A socket of a simulated host: what the core takes for one of a kernel. */
import type { AsyncResource } from "node:async_hooks";
import type {
  AddressInfo,
  Datagram,
  Family,
  Handle,
  Host,
  KernelOptions,
  Membership,
  MessageBuffer,
  NumericOption,
  OpenOptions,
  RemoteInfo,
} from "../core/backend.ts";
import { asyncResource } from "../core/builtins.ts";
import { getErrno } from "../core/errors.ts";
import type { HostStack } from "./host_stack.ts";
import type { Interface } from "./interfaces.ts";
import { type IPAddress, readAddress, show } from "./ip_address.ts";
import { Memberships } from "./memberships.ts";
import { copyOf, headersOf, longestOf, type Packet } from "./packet.ts";
import { type Binding, boundIn } from "./port_table.ts";
import { DEFAULT_BUFFER_SIZE, grantedSize, ReceiveBuffer } from "./receive_buffer.ts";
import { findRoute, type Route } from "./routes.ts";
import { readInto } from "./remote_info.ts";

/** The peer of a connected socket. */
interface Peer {
  readonly text: string;
  readonly port: number;
  readonly scope: string;
  readonly route: Route;
}

export class SimulatedSocket implements Handle {
  readonly deferred = false;
  readonly queueSize = 0;
  readonly queueCount = 0;
  readonly family: Family;
  readonly reuseAddr: boolean;
  readonly reusePort: boolean;
  readonly kernelOptions: KernelOptions;
  port = 0;
  /** Where it can be reached. */
  binding: Binding;
  peer: Peer | null = null;
  /** The only interface that it uses, or "". */
  device = "";
  readonly #stack: HostStack;
  readonly #host: Host;
  readonly #resource: AsyncResource = new (asyncResource())("UDPWRAP");
  readonly #bound: IPAddress;
  readonly #asked: Binding;
  readonly #ipv6Only: boolean;
  readonly #receiveInfo: boolean;
  readonly #hasOwnPort: boolean;
  readonly #groups: Memberships;
  readonly #buffer = new ReceiveBuffer();
  #sendBufferSize = DEFAULT_BUFFER_SIZE;
  #hopLimit = 64;
  #multicastHopLimit = 1;
  #multicastLoopback = true;
  #multicast: Interface | null = null;
  #broadcast = false;
  #trafficClass = 0;
  /** IP_PMTUDISC_DO, where it was set, IP_PMTUDISC_DONT where it was unset, else IP_PMTUDISC_WANT. */
  #dontFragment: boolean | undefined;
  /** What the kernel tells with the next call, or else by itself. */
  #error = 0;
  #paused = false;
  #waitsForTurn = false;
  #closed = false;
  #lastAddress = "";
  #lastRoute: Route | number = 0;
  #lastVersion = -1;

  constructor(stack: HostStack, options: OpenOptions, bound: IPAddress, binding: Binding, host: Host) {
    this.#stack = stack;
    this.#host = host;
    this.family = options.family;
    this.reuseAddr = options.reuseAddr;
    this.reusePort = options.reusePort;
    this.binding = this.#asked = binding;
    this.#bound = bound;
    this.#ipv6Only = options.ipv6Only;
    this.#hasOwnPort = options.port !== 0;
    this.#receiveInfo = options.receiveInfo === true;
    this.#groups = new Memberships(stack.interfaces);
    this.kernelOptions = {
      setTrafficClass: (value) => {
        this.#trafficClass = value;
        return 0;
      },
      setDontFragment: (on) => {
        this.#dontFragment = on;
        return 0;
      },
      pathMTU: () => this.peer === null ? getErrno("ENOTCONN") : this.#pathMTU(this.peer.route),
      bindToDevice: (name) => {
        if (name !== "" && stack.interfaces.named(name)?.name !== name) return getErrno("ENODEV");
        this.device = name;
        this.#lastVersion = -1;
        return 0;
      },
    };
  }

  address(): AddressInfo {
    const { family } = this;
    const { mapped, scope } = this.#bound;
    const own = this.binding.ipv4 || this.binding.ipv6;
    const text = own || (mapped || family === 4 ? "0.0.0.0" : "::");
    const shown = show(text, family) + (scope === undefined ? "" : `%${scope}`);
    return { address: shown, family: family === 4 ? "IPv4" : "IPv6", port: this.port };
  }

  remoteAddress(): AddressInfo | number {
    const { peer, family } = this;
    if (peer === null) return getErrno("ENOTCONN");
    return { address: show(peer.text, family) + peer.scope, family: family === 4 ? "IPv4" : "IPv6", port: peer.port };
  }

  send(datagram: Datagram): number {
    const { address } = datagram;
    const route = address === null ? this.peer?.route ?? getErrno("EDESTADDRREQ") : this.#routeTo(address);
    if (typeof route === "number") return route;
    if (this.port === 0 && !this.#stack.bindToAny(this)) return getErrno("EAGAIN");
    if (this.#error !== 0) {
      const errno = this.#error;
      this.#error = 0;
      return errno;
    }
    const family: Family = route.destination.includes(":") ? 6 : 4;
    const { length } = datagram.data;
    if (length > longestOf(family)) return getErrno("EMSGSIZE");
    const mtu = this.#pathMTU(route);
    const fits = length + headersOf(family) <= mtu;
    if (!fits && this.#dontFragment === true) return getErrno("EMSGSIZE");
    // Linux waits for room for the second fragment, which the first one may never leave.
    if (!fits && family === 6 && mtu >= this.#sendBufferSize) return 0;
    const { wire } = this.#stack;
    const packet: Packet = {
      id: wire.nextId(),
      family,
      source: route.source,
      sourcePort: this.port,
      destination: route.destination,
      port: address === null ? this.peer!.port : datagram.port,
      data: copyOf(datagram.data),
      hopLimit: route.kind === "multicast" ? this.#multicastHopLimit : this.#hopLimit,
      trafficClass: this.#trafficClass,
      mtu,
      dontFragment: fits && this.#dontFragment !== false,
      icmp: null,
    };
    if (wire.tracing) wire.tell(packet, this.#stack, "sent");
    this.#leave(packet, route);
    return 1;
  }

  sendBatch(datagrams: readonly Datagram[], from: number, to: number): number {
    for (let i = from; i < to; i++) {
      const result = this.send(datagrams[i]);
      if (result <= 0) return i > from ? i - from : result;
    }
    return to - from;
  }

  connect(address: string, port: number): number {
    const route = this.#findRoute(address);
    if (typeof route === "number") return route;
    const { scope, reach } = readAddress(address)!;
    const shownScope = reach === "link-local" ? `%${scope ?? route.through.name}` : "";
    if (this.port === 0 && !this.#stack.bindToAny(this)) return getErrno("EAGAIN");
    this.peer = { text: route.destination, port, scope: shownScope, route };
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
      this.#stack.ports.remove(this);
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
        this.#buffer.size = grantedSize(option, value);
        break;
      case "sendBufferSize":
        this.#sendBufferSize = grantedSize(option, value);
        break;
    }
    this.#lastVersion = -1;
    return 0;
  }

  get(option: "recvBufferSize" | "sendBufferSize"): number {
    return option === "recvBufferSize" ? this.#buffer.size : this.#sendBufferSize;
  }

  setMulticastInterface(address: string): number {
    const { interfaces } = this.#stack;
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
    return this.#groups.join(membership);
  }

  leave(membership: Membership): number {
    return this.#groups.leave(membership);
  }

  ref(): void {}

  unref(): void {}

  pause(): number {
    this.#paused = true;
    return 0;
  }

  resume(): void {
    this.#paused = false;
    if (this.#buffer.length > 0) this.#askForTurn();
  }

  close(done: () => void): void {
    this.#release();
    done();
  }

  /** The host goes: the socket with it. */
  closeBelow(tells: boolean): void {
    this.#release();
    if (tells) this.#resource.runInAsyncScope(this.#host.closed, this.#host);
  }

  /** Whether it takes what comes for a group. */
  admits(group: string, through: Interface, source: string): boolean {
    return this.#groups.admits(group, through, source);
  }

  /** Takes a packet, or loses it for want of room. `shared`: others have its bytes, too. */
  receive(packet: Packet, through: Interface, hopLimit: number, trafficClass: number, shared = false): void {
    const { wire } = this.#stack;
    const time = wire.timeline.now;
    if (!this.#buffer.add({ packet, through, hopLimit, trafficClass, time, shared })) {
      return wire.tell(packet, this.#stack, "no room", "the receive buffer is full");
    }
    if (wire.tracing) wire.tell(packet, this.#stack, "delivered");
    this.#askForTurn();
  }

  /** An ICMP error came. */
  fail(errno: number): void {
    this.#error = errno;
    this.#askForTurn();
  }

  /** Reads one datagram, or all that there are where they are told together. */
  happen(): void {
    this.#waitsForTurn = false;
    if (this.#closed) return;
    const host = this.#host;
    if (this.#error !== 0) {
      const errno = this.#error;
      this.#error = 0;
      this.#askForTurn();
      return this.#resource.runInAsyncScope(host.receiveError, host, errno, "recvmsg");
    }
    if (this.#paused || this.#buffer.length === 0) return;
    if (host.messages !== undefined) return this.#tellAll();
    const received = this.#buffer.take();
    const { packet: { data }, shared } = received;
    if (this.#buffer.length > 0) {
      this.#waitsForTurn = true;
      this.#stack.wire.timeline.pushFirst(this);
    }
    const from = readInto(received, this.family, this.#receiveInfo);
    this.#resource.runInAsyncScope(host.message, host, shared ? copyOf(data) : data, from);
  }

  #tellAll(): void {
    const data: MessageBuffer[] = [];
    const from: RemoteInfo[] = [];
    while (this.#buffer.length > 0) {
      const received = this.#buffer.take();
      data.push(received.shared ? copyOf(received.packet.data) : received.packet.data);
      from.push(readInto(received, this.family, this.#receiveInfo));
    }
    this.#resource.runInAsyncScope(this.#host.messages!, this.#host, data, from, data.length);
  }

  #askForTurn(): void {
    if (this.#waitsForTurn || this.#closed) return;
    if (this.#error === 0 && (this.#paused || this.#buffer.length === 0)) return;
    this.#waitsForTurn = true;
    this.#stack.wire.timeline.push(this);
  }

  #release(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#groups.clear();
    this.#buffer.clear();
    this.#stack.closed(this);
  }

  #routeTo(address: string): Route | number {
    const { version } = this.#stack.wire;
    if (address === this.#lastAddress && version === this.#lastVersion) return this.#lastRoute;
    this.#lastRoute = this.#findRoute(address);
    this.#lastAddress = address;
    this.#lastVersion = version;
    return this.#lastRoute;
  }

  #findRoute(address: string): Route | number {
    const to = readAddress(address)!;
    const bound = boundIn(this.#asked, to.family);
    if (bound === null) return getErrno("ENETUNREACH");
    return findRoute(this.#stack.interfaces, to, {
      bound: this.#bound.reach === "multicast" || this.#bound.reach === "broadcast" ? "" : bound,
      device: this.device,
      broadcast: this.#broadcast,
      multicast: this.#multicast,
    });
  }

  #pathMTU({ through, destination }: Route): number {
    return Math.min(through.mtu, this.#stack.pathMTUs.get(destination) ?? Infinity);
  }

  #leave(packet: Packet, { kind, through }: Route): void {
    const stack = this.#stack;
    const { hopLimit, trafficClass } = packet;
    if (kind === "local") return stack.receive(packet, through, hopLimit, trafficClass);
    if (kind === "unicast") return stack.wire.carry(packet, stack, through, kind);
    const loops = kind === "broadcast" || this.#multicastLoopback;
    if (loops) stack.receiveForMany(packet, through, hopLimit, trafficClass);
    if (!through.isLoopback && hopLimit > 0) stack.wire.carry(packet, stack, through, kind);
  }
}
