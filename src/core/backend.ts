// The contract between the core and the runtimes. The core decides what happens and when; an adapter only moves
// datagrams and sets kernel options. A failed system call is a negative errno, as libuv gives it (-EADDRINUSE): never
// an exception, never a runtime's own error class.
import type { Socket as DgramSocket } from "node:dgram";
import type { AddressInfo, Datagram, Family, MessageBuffer, RemoteInfo } from "./datagram.ts";
import type { KernelSocket } from "./kernel_socket.ts";

export type { AddressInfo, Datagram, DatagramInfo, Family, MessageBuffer, RemoteInfo } from "./datagram.ts";

/** What `Backend.open` is asked for. `address` is numeric and of the family; `port` is 0 to 65535. */
export interface OpenOptions {
  /** 4 or 6. */
  readonly family: Family;
  /** The local address. */
  readonly address: string;
  /** The local port; 0 lets the kernel choose. */
  readonly port: number;
  /** SO_REUSEADDR. */
  readonly reuseAddr?: boolean | undefined;
  /** SO_REUSEPORT. */
  readonly reusePort?: boolean | undefined;
  /** IPV6_V6ONLY. */
  readonly ipv6Only?: boolean | undefined;
  /** A descriptor to adopt; address, port and the flags are then ignored. */
  readonly fd?: number | undefined;
  /** What the kernel knows of each datagram is asked for. */
  readonly receiveInfo?: boolean | undefined;
  /** The kernel may join what comes from one peer; the handle tells the datagrams one by one all the same. */
  readonly receiveOffload?: boolean | undefined;
  /** "off": no datagrams leave in one message which the kernel cuts, but for those that have a `segmentSize`. */
  readonly segmentation?: "auto" | "off" | undefined;
  /** Small messages may be views of memory that they share. A handle that has no use for it leaves it alone. */
  readonly pooledMessages?: boolean | undefined;
}

/** A descriptor that is no UDP socket: `TCP`, `PIPE`, `FILE`, `TTY` or `UNKNOWN`. */
export interface WrongFdType {
  /** What it is. */
  readonly fdType: string;
}

/** The refusal of a runtime's permission system, in place of an errno. */
export const ACCESS_DENIED = -10_001;

/** This handle cannot do it; `Capabilities.notes` says why. */
export const UNAVAILABLE = -10_002;

/** A membership: `source` makes it source-specific. */
export interface Membership {
  /** The group's address. */
  readonly group: string;
  /** An address of the interface (IPv4) or `::%scope` (IPv6); the kernel chooses if undefined. */
  readonly interface: string | undefined;
  /** The only sender to be heard; any if undefined. */
  readonly source: string | undefined;
}

/** Options that are numbers; switches are 0 or 1. */
export type NumericOption =
  | "broadcast"
  | "ttl"
  | "multicastTTL"
  | "multicastLoopback"
  | "recvBufferSize"
  | "sendBufferSize";

/** The core's side: what a handle tells. The guard that keeps a user's exception out of a runtime's own promise chain or handler is the adapter's. */
export interface Host {
  /**
   * A datagram arrived. `data` is an exactly-sized Buffer, with memory of its own but for `pooledMessages`; `from` is a
   * fresh object. False for one that is kept from the user, as what is blocked is.
   */
  message(data: MessageBuffer, from: RemoteInfo): unknown;
  /** In place of `message` for all that was received at once: the first `count` of each. Only if the user wants batches. */
  messages?(data: readonly MessageBuffer[], from: readonly RemoteInfo[], count: number): void;
  /**
   * Only from a deferred handle: an accepted datagram ended, with 0 or an errno. In the order of acceptance, and in a
   * tick if the datagram is watched: its callback is called.
   */
  sent(datagram: Datagram, error: number): void;
  /** There is room again after `send` or `sendBatch` answered 0. */
  drained(): void;
  /** Receiving failed (a connected peer's ICMP error, say). The socket goes on. */
  receiveError(errno: number, syscall: string): void;
  /**
   * The socket below was closed by somebody else, as those of a cluster worker are that leaves its primary. The handle
   * has let go of all that it had, and calls nothing after this but `sent`, for what a deferred one had accepted; the
   * core calls it no more.
   */
  closed(): void;
}

/** What the kernel does and `node:dgram` has no method for. 0 or an errno, where nothing else is said. */
export interface KernelOptions {
  /** 0 to 255. */
  setTrafficClass(value: number): number;
  /** Whether datagrams that are too long for the path are refused. */
  setDontFragment(on: boolean): number;
  /** That of the path to the connected peer, in bytes, or an errno. */
  pathMTU(peer: AddressInfo): number;
  /** A device's name, or "" for none. */
  bindToDevice(name: string): number;
}

/** One open, bound socket; it receives from the moment it is opened. After `close` it calls nothing but its `done`. */
export interface Handle {
  /** True if the end of an accepted datagram is told by `Host.sent`; false if accepted means that the kernel has it. */
  readonly deferred: boolean;
  /** True if it takes one datagram at a time and the others wait, though the kernel has room: the core keeps their bytes. */
  readonly serial?: boolean | undefined;
  /** True if the end of what it does not keep is told in the ticks of this turn, after `close` too: nobody waits for it. */
  readonly prompt?: boolean | undefined;
  /** Bytes that were accepted and that the handle knows not to be in the kernel yet. */
  readonly queueSize: number;
  /** The number of those datagrams. */
  readonly queueCount: number;
  /** The local end, or an errno. */
  address(): AddressInfo | number;
  /** The peer's end as the kernel writes it, or an errno. */
  remoteAddress(): AddressInfo | number;
  /** 1 accepted; 0 the kernel is full, the datagram was not taken and `Host.drained` or `Host.sent` will come; or an errno. */
  send(datagram: Datagram): number;
  /** How many of datagrams[from..to) were accepted, in order; 0 and errno (of the first) as for `send`. */
  sendBatch(datagrams: readonly Datagram[], from: number, to: number): number;
  /** 0 or an errno. */
  connect(address: string, port: number): number;
  /** 0 or an errno. */
  disconnect(): number;
  /** 0 or an errno. The core has checked ranges. */
  set(option: NumericOption, value: number): number;
  /** The value, or an errno. Buffer sizes only. */
  get(option: "recvBufferSize" | "sendBufferSize"): number;
  /** 0 or an errno. */
  setMulticastInterface(address: string): number;
  /** 0 or an errno. */
  join(membership: Membership): number;
  /** 0 or an errno. */
  leave(membership: Membership): number;
  /** Lets the open socket keep the process alive, as it does from the start. */
  ref(): void;
  /** Lets the process end though the socket is open. */
  unref(): void;
  /**
   * Leaves what arrives in the kernel, and lets the open socket keep the process alive as before: 0 or an errno. What
   * was read already is told all the same. Not there where receiving can't be paused.
   */
  pause?(): number;
  /** Receives again, from a later turn on. */
  resume?(): void;
  /**
   * Only of a deferred handle whose kernel may have no room for ever: what it holds ends with ECANCELED. `close` follows.
   */
  cancel?(): void;
  /** Calls `done` once the port is free: before it returns where the runtime can do that. */
  close(done: () => void): void;
  /** Not there where the kernel can't be asked. */
  readonly kernelOptions?: KernelOptions | undefined;
  /** The socket of the runtime's own node:dgram that it is made of, for who gives it away. */
  readonly inner?: DgramSocket | undefined;
  /** The kernel's socket, for who counts. Not there where it can't be asked. */
  readonly kernel?: KernelSocket | null | undefined;
  /** Datagrams that were read from the kernel, and for which there was no room before the host could be told of them. */
  readonly lost?: number | undefined;
}

/** How a runtime offers a feature. */
export type Support = "native" | "emulated" | "unavailable";

/** What can differ between runtimes, and permissions and flags of one runtime. */
export type Feature =
  | "bindSync"
  | "bindToDevice"
  | "broadcast"
  | "closeInTurn"
  | "cluster"
  | "connect"
  | "dontFragment"
  | "fd"
  | "icmpErrors"
  | "ipv6Only"
  | "linkLocalScope"
  | "membership"
  | "multicastInterface"
  | "multicastLoopback"
  | "multicastTTL"
  | "pathMTU"
  | "pause"
  | "receiveInfo"
  | "receiveOffload"
  | "recvBufferSize"
  | "reuseAddr"
  | "reusePort"
  | "sendBatch"
  | "sendBufferSize"
  | "sendErrors"
  | "sendInTurn"
  | "sendOffload"
  | "sourcePortZero"
  | "sourceSpecificMembership"
  | "trafficClass"
  | "ttl";

/** What this runtime can do with the permissions and flags that it was started with. */
export interface Capabilities {
  /** The runtime: `node`, `deno` or `bun`. */
  readonly runtime: string;
  /** The adapter in use. */
  readonly backend: string;
  /** Each feature's support. */
  readonly features: Readonly<Record<Feature, Support>>;
  /** For each feature that is not native: how it differs, and which flag or permission would bring it. */
  readonly notes: Readonly<Partial<Record<Feature, string | undefined>>>;
}

/** Where time comes from, with the members of node:timers that the core needs. */
export interface Clock {
  /** Milliseconds since a moment of its own. */
  now(): number;
  /** Calls back once, after so many milliseconds. */
  setTimeout(callback: () => void, delay: number): ClockTimer;
  /** Takes that back. */
  clearTimeout(timer: ClockTimer | undefined): void;
  /** Calls back once, when what is to happen now has happened. */
  setImmediate(callback: () => void): unknown;
}

/** What `Clock.setTimeout` gives. */
export interface ClockTimer {
  /** Lets the process end before. */
  unref(): unknown;
}

/** One runtime's UDP sockets. */
export interface Backend {
  /** The adapter's name. */
  readonly name: string;
  /** What it can do. */
  readonly capabilities: Capabilities;
  /** There if time does not come from the runtime. */
  readonly clock?: Clock | undefined;
  /** There if host names are not node:dns's business: what takes the place of its `lookup`; the family may be 0, for either. */
  readonly lookup?:
    | ((hostname: string, family: number, callback: (error: Error | null, address: string) => void) => void)
    | undefined;
  /** Asked before a host name is looked up, which a runtime's permissions may refuse. */
  readonly mayLookUp?: ((hostname: string) => boolean) | undefined;
  /** The runtime's other backends, by name, for single sockets that are to be made of one. */
  readonly others?: Readonly<Record<string, () => Backend>> | undefined;
  /** Opens and binds before it returns, and starts to receive; messages come on a later turn. */
  open(options: OpenOptions, host: Host): Handle | WrongFdType | number;
  /** Only in a cluster worker: binds, or adopts by the primary's descriptor, the socket that the primary shares between its workers. `done` is called once, on a later turn. */
  openShared?:
    | ((options: OpenOptions, host: Host, done: (result: Handle | number) => void) => void)
    | undefined;
}
