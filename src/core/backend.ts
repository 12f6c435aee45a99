// The contract between the core and the runtimes. The core decides what happens and when; an adapter only moves
// datagrams and sets kernel options. A failed system call is a negative errno, as libuv gives it (-EADDRINUSE): never
// an exception, never a runtime's own error class.
import type { Buffer } from "node:buffer";
import type { Socket as DgramSocket } from "node:dgram";

/** The IP version of a socket. */
export type Family = 4 | 6;

/**
 * A received message's bytes: a Buffer over memory that no other thread has, where the installed types can say that
 * (`NonSharedBuffer` of @types/node), so that all that takes an `ArrayBufferView` or a `BlobPart` takes it.
 */
export type MessageBuffer = ReturnType<typeof Buffer.alloc>;

/** Where a datagram came from, in the key order of `node:dgram`. */
export interface RemoteInfo {
  /** The sender's address; a link-local one carries its scope (`fe80::1%eth0`). */
  address: string;
  /** `IPv4` or `IPv6`. */
  family: "IPv4" | "IPv6";
  /** The sender's port. */
  port: number;
  /** The message's length in bytes. */
  size: number;
  /** With `receiveInfo`: the address that it was sent to, which may be a group's or a broadcast address. */
  destination?: string | undefined;
  /** With `receiveInfo`: the number of the interface that it came in by. */
  interfaceIndex?: number | undefined;
  /** With `receiveInfo`: its TTL or hop limit on arrival. */
  hopLimit?: number | undefined;
  /** With `receiveInfo`: its TOS byte or traffic class; the high six bits are the DSCP. */
  trafficClass?: number | undefined;
  /** With `receiveInfo`: the low two bits of it (RFC 3168): 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 congestion experienced. */
  ecn?: number | undefined;
  /** With `receiveInfo`: when the kernel received it, in nanoseconds since 1970. */
  receivedAt?: bigint | undefined;
}

/** A local or remote end, in the key order of `node:dgram`. */
export interface AddressInfo {
  /** The numeric address. */
  address: string;
  /** `IPv4` or `IPv6`; @types/node says no more than `string`, so that its AddressInfo is one of these. */
  family: "IPv4" | "IPv6" | (string & Record<never, never>);
  /** The port, 0 to 65535. */
  port: number;
}

/** One datagram on its way out. `address` is numeric and of the socket's family; null means the connected peer. */
export interface Datagram {
  /** Its bytes. */
  readonly data: Uint8Array;
  /** The destination, or null for the connected peer. */
  readonly address: string | null;
  /** 1 to 65535. */
  readonly port: number;
  /** Somebody waits for its end. A deferred handle may tell the end of the others at once, before it is known. */
  readonly watched: boolean;
  /**
   * 0, or with `sendOffload` the size of the datagrams that the kernel is to cut it into; the last may be shorter. -1 if
   * it has to pass the kernel socket's own `send` or `sendBatch`, since somebody there has more to say of it.
   */
  readonly segmentSize: number;
}

/** What holds for one datagram in the place of what holds for its socket; -1 for a number that is not said. */
export interface DatagramInfo {
  /** The local address that it leaves from. */
  readonly source: string | undefined;
  /** The number of the interface that it leaves by. */
  readonly interfaceIndex: number;
  /** 1 to 255. */
  readonly hopLimit: number;
  /** 0 to 255. */
  readonly trafficClass: number;
  /** 0 to 3. */
  readonly ecn: number;
}

/** What `Backend.open` is asked for. `address` is numeric and of the family; `port` is 0 to 65535. */
export interface OpenOptions {
  /** 4 or 6. */
  readonly family: Family;
  /** The local address. */
  readonly address: string;
  /** The local port; 0 lets the kernel choose. */
  readonly port: number;
  /** SO_REUSEADDR. */
  readonly reuseAddr: boolean;
  /** SO_REUSEPORT. */
  readonly reusePort: boolean;
  /** IPV6_V6ONLY. */
  readonly ipv6Only: boolean;
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
  pathMTU(): number;
  /** A device's name, or "" for none. */
  bindToDevice(name: string): number;
}

/** One open, bound socket; it receives from the moment it is opened. After `close` it calls nothing but its `done`. */
export interface Handle {
  /** True if the end of an accepted datagram is told by `Host.sent`; false if accepted means that the kernel has it. */
  readonly deferred: boolean;
  /** True if it takes one datagram at a time and the others wait, though the kernel has room: the core keeps their bytes. */
  readonly serial?: boolean | undefined;
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

/** An ICMP error about a datagram that a socket has sent. */
export interface KernelIcmpError {
  /** Whose it is: "local" is this host's own. */
  readonly origin: "icmp" | "icmp6" | "local";
  /** The type of the ICMP message; 0 of a local one. */
  readonly icmpType: number;
  /** Its code; 0 of a local one. */
  readonly icmpCode: number;
  /** What the kernel makes of it: negative. */
  readonly errno: number;
  /** Who sent the message. */
  readonly offender: string | undefined;
  /** Where the datagram was to go. */
  readonly address: string;
  /** 0 if it is not known. */
  readonly port: number;
  /** The longest packet that goes on, in bytes. */
  readonly mtu: number | undefined;
  /** The beginning of the datagram's data, as it came back. */
  readonly data: MessageBuffer;
  /** When the message came, in nanoseconds since 1970. */
  readonly receivedAt: bigint | undefined;
}

/** A socket as the kernel has it. */
export interface KernelSocket {
  /** Its descriptor, or -1. */
  readonly fd: number;
  /** True if the descriptor still stands for this socket. */
  isOurs(): boolean;
  /** As of a `Handle`. Who counts may put functions of its own before these three. */
  send?(datagram: Datagram): number;
  /** As of a `Handle`. */
  sendBatch?(datagrams: readonly Datagram[], from: number, to: number): number;
  /** How many datagrams it put into `batch`, or an errno. */
  receive?(batch: never, limit?: number): number;
  /** Sets an option, on an IPv6 socket for IPv4 as well: 0 or an errno. There with `libc`. */
  setForBoth?(option: "dontFragment", value: number): number;
  /** There if the socket is asked by system calls. */
  readonly libc?: KernelCalls | undefined;
  /** The error that waits on the socket, taken away by asking: 0 or an errno. There with `libc`. */
  pendingError?(): number;
  /** There if something has to end before another process or thread gets the socket; it begins again with `Handle.resume`. */
  beforeHandoff?(): void;
  /** There if nobody has to write control messages for it. As `send`. */
  sendInformed?(datagram: Datagram, info: DatagramInfo): number;
  /** Has ICMP errors told, or by null not any more. There if nobody has to read a queue of them. */
  watchIcmp?(tell: ((error: KernelIcmpError) => void) | null): void;
  /** There if it is known otherwise: what waits to be received, what may wait, and what found no room; bytes, and datagrams. */
  memory?(): { readonly used: number; readonly size: number; readonly drops: number };
}

/** The system calls of a thread, as far as who counts needs them. */
export interface KernelCalls {
  /** The operating system. */
  readonly layout: { readonly name: string; readonly dontWait: number };
  /** True if sendmmsg and recvmmsg were seen to work. */
  readonly batches: boolean;
  /** How memory is handed over. */
  readonly binding: {
    pointer(memory: Uint8Array): unknown;
    address(memory: Uint8Array): bigint;
  };
  /** What wakes the runtime while libc receives: a "bell" does not ring for errors. */
  readonly wakesBy: "bell" | "epoll";
  /** Addresses as the kernel has them. */
  readonly addresses: {
    /** Writes a sockaddr: its size, or 0 for what is no such address. */
    write(family: Family, address: string, port: number, into: Uint8Array): number;
    /** 4 or 6, or 0 for what is neither. */
    family(from: Uint8Array): Family | 0;
    /** The address's text. */
    read(from: Uint8Array): string;
  };
  /** System calls that sent, and messages of several datagrams that the kernel cut. */
  readonly sending: { calls: number; readonly rows: number };
  /** System calls that received, and messages that the kernel had joined of several datagrams. */
  readonly receiving: { readonly calls: number; readonly joins: number };
  /** Memory of 320 bytes, for the time of a call. */
  readonly request: { readonly pointer: unknown; readonly view: DataView };
  /** Memory of 128 bytes, for the time of a call. */
  readonly name: { readonly pointer: unknown; readonly view: DataView };
  /** An int option's value, or an errno. */
  getOption(fd: number, level: number, name: number): number;
  /** 0 or an errno. */
  setOption(fd: number, level: number, name: number, value: number): number;
  /** The errno of the call that just failed, negative. */
  failure(): number;
  /** As the C library has it. */
  readonly calls: {
    /** 0, or -1. */
    getsockopt(fd: number, level: number, name: number, value: never, length: never): number;
    /** How many messages were taken, or -1. */
    sendmmsg(fd: number, messages: never, count: number, flags: number): number;
    /** The length of a message, or -1. */
    recvmsg(fd: number, message: never, flags: number): number;
  };
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
