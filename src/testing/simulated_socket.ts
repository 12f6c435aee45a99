/** A socket of a simulated host: what the core takes for one of a kernel. */
import type {
  AddressInfo,
  Family,
  Handle,
  Host,
  KernelOptions,
  Membership,
  NumericOption,
  OpenOptions,
} from "../core/backend.ts";
import type { KernelSocket } from "../core/kernel_socket.ts";
import { getErrno } from "../core/errors.ts";
import type { HostSocket, HostStack } from "./host_stack.ts";
import { readMessage } from "./icmp_errors.ts";
import type { Interface } from "./interfaces.ts";
import { type IPAddress, readAddress, show } from "./ip_address.ts";
import type { SocketState } from "./look_types.ts";
import { Memberships } from "./memberships.ts";
import { type Binding, boundIn } from "./port_table.ts";
import { grantedSize } from "./receive_buffer.ts";
import { Sender } from "./sender.ts";
import { showEnd } from "./trace.ts";

export class SimulatedSocket extends Sender implements Handle, HostSocket {
  #closed = false;
  #groups: Memberships | null = null;
  readonly reuseAddr: boolean;
  readonly reusePort: boolean;
  readonly #hasOwnPort: boolean;

  constructor(stack: HostStack, options: OpenOptions, bound: IPAddress, binding: Binding, host: Host) {
    super(stack, options, bound, binding, host);
    this.reuseAddr = Boolean(options.reuseAddr);
    this.reusePort = Boolean(options.reusePort);
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
        this.trafficClass = value;
        return 0;
      },
      setDontFragment: (on) => {
        this.dontFragment = on;
        return 0;
      },
      pathMTU: () => this.#knownPathMTU(),
      bindToDevice: (name) => {
        if (name !== "" && interfaces.named(name)?.name !== name) return getErrno("ENODEV");
        this.device = name;
        this.forgetWay();
        return 0;
      },
    };
  }

  get kernel(): KernelSocket {
    const { used, recvBufferSize: size, dropped: drops } = this;
    return {
      fd: -1,
      isOurs: () => true,
      memory: () => ({ used, size, drops }),
      sendInformed: (datagram, info) => this.sendInformed(datagram, info),
      isBroadcast: (address) => this.stack.interfaces.isBroadcast(readAddress(address)!),
      tellsIcmp: this.icmpListener !== null,
      watchIcmp: (tell) => {
        this.icmpListener = tell;
      },
    };
  }

  address(): AddressInfo {
    const { family } = this;
    const { mapped, scope } = this.bound;
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

  connect(address: string, port: number): number {
    const route = this.findRoute(address);
    if (typeof route === "number") return route;
    const { scope, reach } = readAddress(address)!;
    const hasNoScope = this.device === "" && this.stack.interfaces.named(scope ?? "") === undefined;
    if (reach === "link-local" && hasNoScope) return getErrno("EINVAL");
    const shownScope = reach === "link-local" ? `%${scope ?? route.through.name}` : "";
    if (this.port === 0 && !this.bindToAny()) return getErrno("EAGAIN");
    this.peer = { text: route.destination, port, scope: shownScope, route };
    const family: Family = route.destination.includes(":") ? 6 : 4;
    // An address of its own is chosen, as long as it is connected.
    if (boundIn(this.asked, family) === "") {
      this.binding = { ipv4: family === 4 ? route.source : null, ipv6: family === 6 ? route.source : null };
    }
    return 0;
  }

  /** Without a peer it has no port that it has not asked for, until it needs one. */
  disconnect(): number {
    this.peer = null;
    this.binding = this.asked;
    if (!this.#hasOwnPort) {
      this.stack.ports.remove(this);
      this.port = 0;
    }
    return 0;
  }

  set(option: NumericOption, value: number): number {
    switch (option) {
      case "broadcast":
        this.broadcast = value === 1;
        break;
      case "ttl":
        this.hopLimit = value;
        break;
      case "multicastTTL":
        this.multicastHopLimit = value;
        break;
      case "multicastLoopback":
        this.multicastLoopback = value === 1;
        break;
      case "recvBufferSize":
        this.recvBufferSize = grantedSize(option, value);
        break;
      case "sendBufferSize":
        this.sendBufferSize = grantedSize(option, value);
        break;
    }
    this.forgetWay();
    return 0;
  }

  get(option: "recvBufferSize" | "sendBufferSize"): number {
    return option === "recvBufferSize" ? this.recvBufferSize : this.sendBufferSize;
  }

  setMulticastInterface(address: string): number {
    const { interfaces } = this.stack;
    const read = readAddress(address);
    if (read === null) return getErrno("EINVAL");
    this.forgetWay();
    // The kernel takes the number of an interface that is not there, and fails when something is to leave by it.
    if (read.family === 6) this.multicast = interfaces.named(read.scope ?? "") ?? null;
    else if (read.reach === "any") this.multicast = null;
    else {
      const through = interfaces.owning(read);
      if (through === undefined) return getErrno("EADDRNOTAVAIL");
      this.multicast = through;
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

  get tellIcmp(): HostSocket["tellIcmp"] {
    const { icmpListener: tell, family, stack } = this;
    return tell && ((message, through) => tell(readMessage(message, family, through, stack.wire.timeline.now)));
  }

  /** An ICMP error came, of which its peer is told. */
  fail(errno: number): void {
    // It has asked for packets that may be cut.
    if (errno === getErrno("EMSGSIZE") && this.dontFragment === false) return;
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

  protected override bindToAny(): boolean {
    return this.stack.bindToAny(this);
  }

  #release(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#groups?.clear();
    this.endReceiving();
    this.stack.closed(this);
  }

  #knownPathMTU(): number {
    return this.peer === null ? getErrno("ENOTCONN") : this.pathMTU(this.peer.route);
  }
}
