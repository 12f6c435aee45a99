/**
 * What the system calls' constants and structs look like on one operating system.
 */
import type { Feature } from "../../core/backend.ts";

/** A socket option on IPv4 sockets and on IPv6 sockets: level and name of each. */
export type OptionNumbers = readonly [level4: number, name4: number, level6: number, name6: number];

/** The options whose value is an int. */
export type IntOption =
  | "broadcast"
  | "ttl"
  | "multicastTTL"
  | "multicastLoopback"
  | "recvBufferSize"
  | "sendBufferSize"
  | "reuseAddr"
  | "reusePort"
  | "ipv6Only"
  | "error"
  | "type"
  | "trafficClass"
  | "dontFragment"
  | "pathMTU"
  | "receivePacketInfo"
  | "receiveHopLimit"
  | "receiveTrafficClass"
  | "receiveTimestamp"
  | "sendOffload"
  | "receiveOffload";

/** The names of options whose value is a struct or a string. */
export interface StructOptions {
  readonly ipv4Level: number;
  readonly ipv6Level: number;
  readonly ipv4MulticastInterface: number;
  readonly ipv6MulticastInterface: number;
  readonly ipv4Join: number;
  readonly ipv4Leave: number;
  readonly ipv6Join: number;
  readonly ipv6Leave: number;
  readonly ipv4JoinSource: number;
  readonly ipv4LeaveSource: number;
  readonly ipv6JoinSource: number;
  readonly ipv6LeaveSource: number;
  /** Offsets in `ip_mreq_source`. */
  readonly sourceRequest: { readonly group: number; readonly interface: number; readonly source: number };
  /** Offsets in `group_source_req`, and its size. */
  readonly groupSourceRequest: { readonly group: number; readonly source: number; readonly size: number };
}

/** How descriptors are made and copied. */
export interface DescriptorNumbers {
  /** SOCK_CLOEXEC | SOCK_NONBLOCK; 0 where socket() takes no flags. */
  readonly socketFlags: number;
  /** F_DUPFD_CLOEXEC. */
  readonly duplicate: number;
  /** F_GETFD, F_SETFD and FD_CLOEXEC. */
  readonly getDescriptorFlags: number;
  readonly setDescriptorFlags: number;
  readonly closeOnExec: number;
  /** F_GETFL, F_SETFL and O_NONBLOCK. */
  readonly getStatusFlags: number;
  readonly setStatusFlags: number;
  readonly nonBlocking: number;
}

/** What only Linux has. */
export interface LinuxOnly {
  /** AF_UNIX. */
  readonly unix: number;
  readonly epoll: EpollNumbers;
  readonly socketLevel: number;
  readonly domain: number;
  readonly protocol: number;
  readonly cookie: number;
  readonly bindToDevice: number;
  /** IP_RECVERR and IPV6_RECVERR. */
  readonly ipv4ErrorQueue: number;
  readonly ipv6ErrorQueue: number;
  /** The number of that system call, by architecture as `process.arch` names it. */
  readonly sendmmsg: Readonly<Record<string, number>>;
  /** The cmsg_type of each control message that a datagram can come with. */
  readonly control: {
    readonly timestamp: number;
    /** UDP_SEGMENT. */
    readonly cut: number;
    /** UDP_GRO. */
    readonly joined: number;
    readonly ipv4PacketInfo: number;
    readonly ipv4HopLimit: number;
    readonly ipv4TrafficClass: number;
    readonly ipv6PacketInfo: number;
    readonly ipv6HopLimit: number;
    readonly ipv6TrafficClass: number;
  };
}

/** Of struct epoll_event only the events are used, which come first on every architecture. */
export interface EpollNumbers {
  /** EPOLL_CLOEXEC. */
  readonly flags: number;
  /** EPOLL_CTL_ADD. */
  readonly add: number;
  /** EPOLL_CTL_DEL. */
  readonly remove: number;
  /** EPOLLIN. */
  readonly readable: number;
  readonly eventSize: number;
}

/** One operating system. */
export interface Layout {
  readonly name: string;
  /** Full paths under which the C library may be found, per architecture as `process.arch` names it. */
  readonly libraries: Readonly<Record<string, readonly string[]>>;
  /** The library's name for the loader's own search. */
  readonly library: string;
  readonly errnoSymbol: string;
  /** The architectures, as `process.arch` names them, on which variadic arguments are on the stack, whatever they are. */
  readonly variadicOnStack: readonly string[];
  readonly inet: number;
  readonly inet6: number;
  readonly datagram: number;
  readonly udp: number;
  /** A sockaddr starts with its length (BSD) rather than with a 16-bit family. */
  readonly lengthByte: boolean;
  readonly dontWait: number;
  readonly truncated: number;
  readonly EAGAIN: number;
  readonly ENOBUFS: number;
  readonly EADDRNOTAVAIL: number;
  readonly EMSGSIZE: number;
  readonly EAFNOSUPPORT: number;
  readonly descriptors: DescriptorNumbers;
  /** True if what waits for descriptors goes by their numbers, and forgets one that is closed or given another (kqueue). */
  readonly waitsByNumber: boolean;
  readonly options: Readonly<Partial<Record<IntOption, OptionNumbers>>>;
  /** The values of the option `dontFragment`. */
  readonly dontFragment: { readonly off: number; readonly on: number };
  readonly structs: StructOptions;
  /** Why there is no such thing here. */
  readonly lacks: Readonly<Partial<Record<Feature, string>>>;
  readonly linux: LinuxOnly | null;
}
